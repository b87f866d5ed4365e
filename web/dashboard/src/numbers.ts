// How numbers are written: in the reader's own locale, grouped, with a sign where a change is meant.
const locale = navigator.language;

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(locale, {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const axisPercent = new Intl.NumberFormat(locale, {
  style: "percent",
  maximumFractionDigits: 1,
});
const finePercent = new Intl.NumberFormat(locale, {
  style: "percent",
  maximumFractionDigits: 2,
});
const signedPercent = new Intl.NumberFormat(locale, {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  signDisplay: "exceptZero",
});

// What stands where a number is not known; never 0.
export const unknown = "–";

const leastShare = 0.0001; // less is written as less than this

export type Unit = "count" | "share" | "index";

export function writeCount(value: number | null): string {
  return value === null ? unknown : whole.format(value);
}

export function writeShare(value: number | null): string {
  if (value === null) return unknown;
  if (value > 0 && value < leastShare) return `<${finePercent.format(leastShare)}`;
  return value !== 0 && Math.abs(value) < 0.001 ? finePercent.format(value) : percent.format(value);
}

export function writeChange(value: number | null): string {
  if (value === null) return unknown;
  return Math.abs(value) >= 10 ? `×${tenths.format(value + 1)}` : signedPercent.format(value);
}

export function writeValue(value: number | null, unit: Unit): string {
  if (unit === "share") return writeShare(value);
  if (unit === "index") return value === null ? unknown : tenths.format(value);
  return writeCount(value);
}

// For axes, where room is short.
export function writeAxis(value: number, unit: Unit): string {
  if (unit === "share") return axisPercent.format(value);
  return Math.abs(value) >= 10_000 ? compact.format(value) : tenths.format(value);
}
