// The rollups of the project: which dimensions can be asked together, and since when.
import type { Status } from "../../api";
import { now } from "../../context";
import { unknown } from "../../numbers";
import { writeMoment } from "../../time";
import { listed, nameOfDimension } from "../trend/planner";

export function RollupTable({ status, zone }: { status: Status; zone: string }) {
  const troubles = Object.entries(status.stores).filter(([, state]) => state !== "ok");
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
              <th scope="col" class="number">
                Complete through
              </th>
            </tr>
          </thead>
          <tbody>
            {status.rollups.map((rollup) => (
              <tr key={rollup.name}>
                <th scope="row">
                  <code>{rollup.name}</code>
                </th>
                <td>{listed(rollup.dimensions.map(nameOfDimension)) || "feature alone"}</td>
                <td>{rollup.users ? "clicks and users" : "clicks"}</td>
                <td>
                  {rollup.since ? writeMoment(rollup.since, zone, now.value) : "the first click"}
                </td>
                <td class="number">
                  {rollup.complete_through
                    ? writeMoment(rollup.complete_through, zone, now.value)
                    : unknown}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="soft">
        A question needs one rollup that keeps every dimension in it. Clickmill {status.version}.
      </p>
    </>
  );
}
