// The sentences of a trend: its caption, what is unfinished, and what a screen reader hears.
import type { Series } from "../../api";
import { type Unit, writeValue } from "../../numbers";
import { addDays, type DateRange, type Grain, writeBucket, writeMoment } from "../../time";
import { knownBuckets, type TrendLine } from "./lines";
import { nameOfDimension } from "./planner";
import type { Mode } from "./view";

const perGrain: Record<Grain, string> = {
  hour: "per hour",
  day: "per day",
  week: "per week",
  month: "per month",
};

export function captionOf(series: Series, mode: Mode): string {
  const metric = series.metric === "users" ? "Users" : "Clicks";
  const of = series.series.length === 1 ? series.series[0]?.feature_id : null;
  const by = series.by ? ` by ${nameOfDimension(series.by)}` : "";
  const start = {
    absolute: `${metric}${of ? ` on ${of}` : ""} ${perGrain[series.grain]}`,
    share: `Share of ${metric.toLowerCase()} ${perGrain[series.grain]}`,
    indexed: `${metric} ${perGrain[series.grain]}, first complete ${series.grain} = 100`,
  }[mode];
  return `${start}${by}`;
}

// "Unfinished, complete through 14:32", or null when every bucket shown is complete.
export function unfinishedText(series: Series, zone: string, now: number): string | null {
  if (series.complete_buckets >= knownBuckets(series)) return null;
  if (series.complete_through === null) return "Unfinished, nothing was counted yet";
  return `Unfinished, complete through ${writeMoment(series.complete_through, zone, now)} (${zone})`;
}

const behindMs = 60_000;

// Why there is nothing to draw. Counting that lags behind (a restart, a history that is read in) is
// another thing than a silent feature.
export function nothingText(series: Series, now: number): string {
  const through = series.complete_through;
  const isBehind = through !== null && now - Date.parse(through) > behindMs;
  if (isBehind && Date.parse(through) < Date.parse(series.from)) {
    return `Counted up to ${writeMoment(through, series.zone, now)} so far. These days fill in by themselves.`;
  }
  const early = series.reasons.filter(({ reason }) => reason === "before_first_event");
  if (early.some(({ first, last }) => first === 0 && last >= knownBuckets(series) - 1)) {
    return "The project had no click yet in these days.";
  }
  return "No clicks in these days. Try other days or fewer filters.";
}

// The days of an answer, from its moments; its end is excluded there and included here.
export function rangeOfMoments(from: string, to: string): DateRange {
  const first = from.slice(0, 10);
  const isMidnight = to.slice(11, 16) === "00:00";
  const last = isMidnight ? addDays(to.slice(0, 10), -1) : to.slice(0, 10);
  return { from: first, to: later(first, last) };
}

function later(a: string, b: string): string {
  return [a, b].sort().at(-1) ?? a;
}

export function describe(
  series: Series,
  lines: readonly TrendLine[],
  bucket: number,
  unit: Unit,
): string {
  const label = series.buckets[bucket];
  if (label === undefined) return "";
  const isUnfinished = bucket >= series.complete_buckets;
  const parts = lines.map((line) => {
    const value = line.values[bucket] ?? null;
    const said = value === null ? (line.reasonAt(bucket) ?? "not known") : writeValue(value, unit);
    const before = line.previous?.[bucket] ?? null;
    return `${line.name} ${said}${before === null ? "" : `, before ${writeValue(before, unit)}`}`;
  });
  return `${writeBucket(label, series.grain)}${isUnfinished ? ", unfinished" : ""}: ${parts.join("; ")}`;
}
