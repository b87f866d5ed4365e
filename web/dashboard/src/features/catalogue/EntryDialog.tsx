// Writing about one feature, or adding one that is planned. The fields keep what is typed while the
// page around them is drawn anew: their values are given once.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Problem } from "../../api";
import { type Listed, type State, states, tagsIn } from "./entries";
import { changeCatalogue, removeFromCatalogue } from "./writing";

interface EntryDialogProps {
  project: string;
  feature: Listed | null; // null: a new one
  ids: readonly string[]; // to choose from when it was renamed
  onClose: () => void;
}

export function EntryDialog({ project, feature, ids, onClose }: EntryDialogProps) {
  const entry = feature?.entry;
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isSaving, setSaving] = useState(false);
  const list = useId();
  useEffect(() => dialog.current?.showModal(), []);

  const finish = async (saving: Promise<Problem | null>) => {
    setSaving(true);
    const found = await saving;
    setSaving(false);
    setProblem(found);
    if (!found) onClose();
  };
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    void finish(
      changeCatalogue(project, {
        feature_id: feature?.feature_id ?? text("feature_id"),
        name: text("name"),
        description: text("description").replaceAll("\r\n", "\n"),
        owner: text("owner"),
        tags: tagsIn(text("tags")),
        state: text("state") as State,
        alias_of: text("alias_of"),
      }),
    );
  };

  return (
    <dialog ref={dialog} class="entry-dialog" aria-labelledby={`${list}-title`} onClose={onClose}>
      <form class="entry-form" onSubmit={save}>
        <h2 id={`${list}-title`}>{feature ? feature.feature_id : "Add a feature"}</h2>
        {!feature && (
          <Field label="Id, as clicks will name it">
            <input class="input" name="feature_id" required maxLength={128} spellcheck={false} />
          </Field>
        )}
        <Field label="Name">
          <input class="input" name="name" maxLength={200} defaultValue={entry?.name ?? ""} />
        </Field>
        <Field label="What it is">
          <textarea
            class="input"
            name="description"
            rows={3}
            maxLength={2000}
            defaultValue={entry?.description ?? ""}
          />
        </Field>
        <Field label="Owner">
          <input class="input" name="owner" maxLength={200} defaultValue={entry?.owner ?? ""} />
        </Field>
        <Field label="Tags, separated by commas">
          <input class="input" name="tags" defaultValue={entry?.tags.join(", ") ?? ""} />
        </Field>
        <Field label="State">
          <select class="input" name="state">
            {states.map((state) => (
              <option
                key={state}
                value={state}
                selected={state === (entry?.state ?? (feature ? "live" : "planned"))}
              >
                {state}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Renamed to">
          <input
            class="input"
            name="alias_of"
            list={list}
            maxLength={128}
            spellcheck={false}
            placeholder="the id that clicks have today"
            defaultValue={entry?.alias_of ?? ""}
          />
        </Field>
        <datalist id={list}>
          {ids.map((id) => (
            <option key={id} value={id} />
          ))}
        </datalist>
        {problem && (
          <p class="entry-problem" role="alert">
            {problem.message}
          </p>
        )}
        <div class="toolbar-row">
          <button type="submit" class="button button-primary" disabled={isSaving}>
            Save
          </button>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          {feature && entry && (
            <button
              type="button"
              class="button entry-remove"
              disabled={isSaving}
              onClick={() => void finish(removeFromCatalogue(project, feature.feature_id))}
            >
              Remove the entry
            </button>
          )}
        </div>
      </form>
    </dialog>
  );
}

function Field({ label, children }: { label: string; children: preact.ComponentChild }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is its child
    <label class="field">
      <span>{label}</span>
      {children}
    </label>
  );
}
