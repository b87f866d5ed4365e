// From answers to the lines of the chart: names, colours, and numbers as absolute, share or index.
import type { Reason, Series, SeriesLine } from "../../api";
import type { ChartLine } from "../../components/LineChart";
import type { NumbersSheet, SheetRow } from "../../components/sheet";
import { type Unit, writeValue } from "../../numbers";
import { writeBucket } from "../../time";
import { indexOf, isAllUnknown, shareOf, sharesOf } from "./maths";
import { nameOfDimension } from "./planner";
import type { Mode } from "./view";

export interface TrendLine extends ChartLine {
  feature: string | null;
  value: string | null; // of the dimension broken down by
  total: number | null; // in the unit of the mode; an index has none
  change: number | null;
  before: number | null; // what the change is measured by
  reasonAt: (bucket: number) => string | undefined;
}

export const unitOf: Record<Mode, Unit> = { absolute: "count", share: "share", indexed: "index" };

// `whole` is the answer that shares are parts of; a share without it is not known yet.
export function linesOf(series: Series, whole: Series | null, mode: Mode): TrendLine[] {
  return series.series.map((line, index) => {
    const before = series.previous?.series[index] ?? null;
    const wholeLine = wholeOf(line, whole?.series ?? []);
    const wholeBefore = wholeOf(line, whole?.previous?.series ?? []);
    return {
      key: `${line.feature_id ?? ""} ${line.by ?? ""}`,
      name: nameOfLine(line, series),
      color: index,
      feature: line.feature_id,
      value: line.by,
      values: inMode(line, wholeLine, mode, series.complete_buckets),
      previous:
        before && fitted(inMode(before, wholeBefore, mode, Infinity), series.buckets.length),
      total: totalOf(line, wholeLine, mode),
      change: line.change?.ratio ?? null,
      before: line.change?.before ?? null,
      reasonAt: (bucket) => reasonAt(series.reasons, index, bucket)?.message,
    };
  });
}

function wholeOf(line: SeriesLine, wholes: readonly SeriesLine[]): SeriesLine | null {
  return wholes.find(({ feature_id }) => feature_id === line.feature_id) ?? wholes[0] ?? null;
}

function inMode(
  line: SeriesLine,
  whole: SeriesLine | null,
  mode: Mode,
  completeBuckets: number,
): (number | null)[] {
  if (mode === "absolute") return line.values;
  if (mode === "indexed") return indexOf(line.values, completeBuckets);
  return sharesOf(line.values, whole?.values ?? []);
}

function totalOf(line: SeriesLine, whole: SeriesLine | null, mode: Mode): number | null {
  if (mode === "share") return shareOf(line.total, whole?.total ?? null);
  return line.total;
}

// The period before can have a bucket less or more (months, a change of the clock).
function fitted(values: (number | null)[], length: number): (number | null)[] {
  return Array.from({ length }, (_, index) => values[index] ?? null);
}

export function reasonAt(
  reasons: readonly Reason[],
  line: number,
  bucket: number,
): Reason | undefined {
  return reasons.find(
    ({ series, first, last }) =>
      (series === null || series === line) && first <= bucket && bucket <= last,
  );
}

function nameOfLine(line: SeriesLine, series: Series): string {
  const value = line.by === null ? null : nameOfValue(line.by, series.by ?? "");
  const feature = line.feature_id ?? (value === null ? "All features" : null);
  return [feature, value].filter((part) => part !== null).join(" · ");
}

// The names that the server gives to what has no name of its own.
export function nameOfValue(value: string, dimension: string): string {
  if (value === "(rest)") return "Everything else";
  if (value === "(none)") return `No ${nameOfDimension(dimension)}`;
  if (value === "(other)") return "(other)";
  return value;
}

// Buckets that have begun; those after it are only there to line up with the period before.
export function knownBuckets(series: Series): number {
  const futures = series.reasons.filter(({ reason }) => reason === "future");
  return Math.min(series.buckets.length, ...futures.map(({ first }) => first));
}

export function hasNothing(lines: readonly TrendLine[]): boolean {
  return lines.every((line) => isAllUnknown(line.values) || line.values.every((value) => !value));
}

// The chart as a table: a column for each line, and one for each line of the period before.
export function sheetOf(series: Series, lines: readonly TrendLine[], mode: Mode): NumbersSheet {
  const unit = unitOf[mode];
  const columns = ["Time"];
  for (const line of lines) {
    columns.push(line.name);
    if (line.previous) columns.push(`${line.name}, period before`);
  }
  const rows: SheetRow[] = [];
  for (const [bucket, label] of series.buckets.slice(0, knownBuckets(series)).entries()) {
    const cells = lines.flatMap((line) => {
      const value = line.values[bucket] ?? null;
      const cell = { text: writeValue(value, unit), value, reason: line.reasonAt(bucket) };
      if (!line.previous) return [cell];
      const before = line.previous[bucket] ?? null;
      return [cell, { text: writeValue(before, unit), value: before }];
    });
    rows.push({
      label: writeBucket(label, series.grain),
      key: label,
      isUnfinished: bucket >= series.complete_buckets,
      cells,
    });
  }
  return { columns, rows };
}
