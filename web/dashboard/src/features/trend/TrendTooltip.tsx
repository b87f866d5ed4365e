// What stands beside the cursor: the bucket, and each line's number or why there is none.
import type { Series } from "../../api";
import { Swatch } from "../../components/Swatch";
import { type Unit, unknown, writeValue } from "../../numbers";
import { writeBucket } from "../../time";
import { knownBuckets, type TrendLine } from "./lines";

interface TrendTooltipProps {
  series: Series;
  lines: readonly TrendLine[];
  bucket: number;
  unit: Unit;
}

export function TrendTooltip({ series, lines, bucket, unit }: TrendTooltipProps) {
  const label = series.buckets[bucket];
  if (label === undefined) return null;
  const before = series.previous?.buckets[bucket];
  const isUnfinished = bucket >= series.complete_buckets && bucket < knownBuckets(series);
  const sorted = [...lines].sort((a, b) => (b.values[bucket] ?? -1) - (a.values[bucket] ?? -1));
  const reasons = new Set(lines.map((line) => line.reasonAt(bucket)).filter(Boolean));
  return (
    <>
      <p class="tooltip-head">
        {writeBucket(label, series.grain)}
        {isUnfinished && <span class="tag">unfinished</span>}
      </p>
      <table>
        {before !== undefined && (
          <thead>
            <tr>
              <th />
              <td class="number soft">now</td>
              <td class="number soft">{writeBucket(before, series.grain)}</td>
            </tr>
          </thead>
        )}
        <tbody>
          {sorted.map((line) => (
            <tr key={line.key}>
              <th>
                <Swatch color={line.color} />
                {line.name}
              </th>
              <td class="number">{writeValue(line.values[bucket] ?? null, unit)}</td>
              {line.previous && (
                <td class="number soft">{writeValue(line.previous[bucket] ?? null, unit)}</td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {[...reasons].map((reason) => (
        <p class="tooltip-note" key={reason}>
          {unknown} {reason}
        </p>
      ))}
    </>
  );
}
