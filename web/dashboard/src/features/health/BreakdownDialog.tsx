// Has one more breakdown built: what it stands on, what that will cost, and then the word.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { addressOfQuestion, change, type Problem, type RollupCost, useAnswer } from "../../api";
import { useSettled } from "../../components/use_settled";
import { nameOfDimension } from "../trend/planner";
import {
  addressOfCost,
  fields,
  mostDimensions,
  nameFor,
  propertiesIn,
  writeCost,
} from "./breakdown";

interface BreakdownDialogProps {
  project: string;
  names: readonly string[]; // of the rollups that are there
  onClose: () => void;
}

export const addressOfRollups = (project: string) =>
  addressOfQuestion("/api/v1/rollups", { project });

export function BreakdownDialog({ project, names, onClose }: BreakdownDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [properties, setProperties] = useState("");
  const [keepsUsers, setKeepsUsers] = useState(true);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isSending, setSending] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);

  const dimensions = [...chosen, ...propertiesIn(properties)];
  const name = nameFor(dimensions);
  const isFull = dimensions.length >= mostDimensions;
  const why =
    dimensions.length > mostDimensions
      ? `At most ${mostDimensions} are kept together.`
      : names.includes(name)
        ? `There is a rollup "${name}" already.`
        : null;
  const isChosen = dimensions.length > 0 && !why;
  const build = async (event: SubmitEvent) => {
    event.preventDefault();
    const address = addressOfRollups(project);
    const body = JSON.stringify({ name, dimensions, users: keepsUsers });
    setSending(true);
    const found = await change(address, { method: "POST", body }, address);
    setSending(false);
    setProblem(found);
    if (!found) onClose();
  };
  const toggle = (field: string) =>
    setChosen(chosen.includes(field) ? chosen.filter((one) => one !== field) : [...chosen, field]);

  return (
    <dialog ref={dialog} class="entry-dialog" aria-labelledby={title} onClose={onClose}>
      <form class="entry-form" onSubmit={build}>
        <h2 id={title}>Add a breakdown</h2>
        <fieldset class="check-list">
          <legend>Clicks by</legend>
          {fields.map((field) => (
            <label key={field}>
              <input
                type="checkbox"
                checked={chosen.includes(field)}
                disabled={isFull && !chosen.includes(field)}
                onChange={() => toggle(field)}
              />
              {nameOfDimension(field)}
            </label>
          ))}
        </fieldset>
        <label class="field">
          <span>And by properties, separated by commas</span>
          <input
            class="input"
            value={properties}
            spellcheck={false}
            placeholder="plan"
            onInput={(event) => setProperties(event.currentTarget.value)}
          />
        </label>
        <label class="check">
          <input type="checkbox" checked={keepsUsers} onChange={() => setKeepsUsers(!keepsUsers)} />
          unique users, too
        </label>
        {isChosen ? (
          <Cost project={project} dimensions={dimensions} name={name} />
        ) : (
          <p class="soft">
            {why ?? "Choose what to break clicks down by; clicks of the past are counted, too."}
          </p>
        )}
        {problem && (
          <p class="entry-problem" role="alert">
            {problem.message}
          </p>
        )}
        <div class="toolbar-row">
          <button type="submit" class="button button-primary" disabled={!isChosen || isSending}>
            Build it
          </button>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}

function Cost(props: { project: string; dimensions: readonly string[]; name: string }) {
  const address = useSettled(addressOfCost(props.project, props.dimensions));
  const cost = useAnswer<RollupCost>(address);
  return (
    <p class="soft" aria-live="polite">
      {cost.state === "ready" && !cost.isOutdated
        ? `${writeCost(cost.value)} It will be called ${props.name}.`
        : cost.state === "failed"
          ? cost.problem.message
          : "Looking at the newest clicks to say what it will cost…"}
    </p>
  );
}
