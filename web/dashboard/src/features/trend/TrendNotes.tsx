// What a reader of a chart should know: gaps and their reasons, limits, errors of estimates.
import type { Series } from "../../api";
import { unknown, writeShare } from "../../numbers";
import { writeBucket } from "../../time";
import type { Mode } from "./view";

export function TrendNotes({ series, mode }: { series: Series; mode: Mode }) {
  const notes = notesOf(series, mode);
  return (
    <details class="notes" open={notes.length > 0}>
      <summary>About these numbers</summary>
      <ul>
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
        <li>
          Answered by the rollup <code>{series.rollup}</code> from {series.rows_read} rows.
        </li>
      </ul>
    </details>
  );
}

export function notesOf(series: Series, mode: Mode): string[] {
  const notes = series.notes
    .filter(({ code }) => code !== "sample_data")
    .map((note) => note.message);
  const gaps = new Map<string, string>();
  for (const { reason, first, last, message } of series.reasons) {
    if (reason === "future" || gaps.has(message)) continue;
    const from = series.buckets[first];
    const to = series.buckets[last];
    if (!from || !to) continue;
    const when = first === last ? "" : ` to ${writeBucket(to, series.grain)}`;
    gaps.set(message, `${unknown} ${writeBucket(from, series.grain)}${when}: ${message}`);
  }
  notes.push(...gaps.values());
  if (series.series.some(({ by }) => by === "(rest)")) {
    notes.push("“Everything else” holds the values after the largest ones, so the lines add up.");
  }
  if (series.series.some(({ by }) => by === "(other)")) {
    notes.push("“(other)” holds values beyond the limit on variety of a day; totals stay exact.");
  }
  if (series.metric === "users" && series.users_error > 0) {
    notes.push(
      `Users are estimated, within about ±${writeShare(series.users_error)}; a person who came on several days counts once in the total, so it is less than the sum of the days.`,
    );
  }
  if (mode === "indexed") {
    notes.push("100 is each line's first complete bucket with clicks.");
  }
  return notes;
}
