// The accounting of each partition of the event log.
import type { Accounting } from "../../api";
import { now } from "../../context";
import { unknown, writeCount } from "../../numbers";
import { writeDuration, writeMoment } from "../../time";
import { amountOf, classes } from "./classes";

export function PartitionTable({ accounting, zone }: { accounting: Accounting; zone: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the keyboard
    <section class="table-scroll" tabIndex={0} aria-label="Partitions">
      <table>
        <thead>
          <tr>
            <th scope="col">Partition</th>
            <th scope="col" class="number">
              Accepted
            </th>
            {classes.map(({ key, name }) => (
              <th scope="col" class="number" key={key}>
                {name}
              </th>
            ))}
            <th scope="col" class="number">
              Lag
            </th>
            <th scope="col" class="number">
              Complete through
            </th>
            <th scope="col" class="number">
              Read to / end
            </th>
          </tr>
        </thead>
        <tbody>
          {accounting.partitions.map((line) => (
            <tr key={line.partition}>
              <th scope="row">{line.partition}</th>
              <td class="number">{writeCount(line.accepted)}</td>
              {classes.map(({ key }) => (
                <td class="number" key={key}>
                  {writeCount(amountOf(line, key))}
                </td>
              ))}
              <td class="number">
                {line.lag_seconds === null ? unknown : writeDuration(line.lag_seconds)}
              </td>
              <td class="number">
                {line.complete_through
                  ? writeMoment(line.complete_through, zone, now.value)
                  : unknown}
              </td>
              <td class="number">
                {writeCount(line.through)} / {writeCount(line.end)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
