// The rollups of the project: which dimensions can be asked together, since when, and how far those
// are that are being built.
import { useEffect, useState } from "preact/hooks";
import { askAgain, type RollupState, type Rollups, type Status } from "../../api";
import { now } from "../../context";
import { writeShare } from "../../numbers";
import { writeMoment } from "../../time";
import { listed, nameOfDimension } from "../trend/planner";
import { addressOfRollups, BreakdownDialog } from "./BreakdownDialog";

const lookAgainMs = 2_000;

interface RollupTableProps {
  project: string;
  rollups: Rollups;
  status: Status | null; // null: not here yet
  zone: string;
}

export function RollupTable({ project, rollups, status, zone }: RollupTableProps) {
  const [isAdding, setAdding] = useState(false);
  const isBuilding = rollups.rollups.some((rollup) => rollup.state === "building");
  useEffect(() => {
    if (!isBuilding) return;
    const timer = setInterval(() => askAgain(addressOfRollups(project)), lookAgainMs);
    return () => clearInterval(timer);
  }, [isBuilding, project]);
  const troubles = Object.entries(status?.stores ?? {}).filter(([, state]) => state !== "ok");
  return (
    <>
      {troubles.map(([store, state]) => (
        <p class="problem-message" role="alert" key={store}>
          {store.replaceAll("_", " ")}: {state}
        </p>
      ))}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the keyboard */}
      <section class="table-scroll" tabIndex={0} aria-label="Rollups">
        <table>
          <thead>
            <tr>
              <th scope="col">Rollup</th>
              <th scope="col">Can be asked by</th>
              <th scope="col">Counts</th>
              <th scope="col">Since</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {rollups.rollups.map((rollup) => (
              <tr key={`${rollup.name} ${rollup.generation}`}>
                <th scope="row">
                  <code>{rollup.name}</code>
                </th>
                <td>{listed(rollup.dimensions.map(nameOfDimension)) || "feature alone"}</td>
                <td>{rollup.users ? "clicks and users" : "clicks"}</td>
                <td>
                  {rollup.since ? writeMoment(rollup.since, zone, now.value) : "the first click"}
                </td>
                <td>
                  <State rollup={rollup} status={status} zone={zone} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <div class="toolbar-row below-table">
        {rollups.may_add && (
          <button type="button" class="button" onClick={() => setAdding(true)}>
            Add a breakdown
          </button>
        )}
        <p class="soft">
          A question needs one rollup that keeps every dimension in it.
          {!rollups.may_add && " An administrator can add one, for clicks of the past, too."}
          {status && ` Clickmill ${status.version}.`}
        </p>
      </div>
      {isAdding && (
        <BreakdownDialog
          project={project}
          names={rollups.rollups.map((rollup) => rollup.name)}
          onClose={() => setAdding(false)}
        />
      )}
    </>
  );
}

interface StateProps {
  rollup: RollupState;
  status: Status | null;
  zone: string;
}

function State({ rollup, status, zone }: StateProps) {
  if (rollup.state === "old") return <span class="soft">kept from before</span>;
  if (rollup.state === "building") {
    return (
      <span class="building">
        <progress value={rollup.share} max={1} aria-label={`${rollup.name}, built`} />
        {` ${writeShare(rollup.share)} built`}
      </span>
    );
  }
  const through = status?.rollups.find((one) => one.name === rollup.name)?.complete_through;
  return <>{through ? `complete through ${writeMoment(through, zone, now.value)}` : "answers"}</>;
}
