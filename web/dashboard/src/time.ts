// Dates of a project's calendar and how moments are written. A date is local to the project and has
// the form "2026-11-01"; arithmetic on it knows no zone. The viewer's own zone is never used.
export type LocalDate = string;
export type Grain = "hour" | "day" | "week" | "month";
export type WeekStart = "monday" | "sunday" | "saturday";

// Days, both included.
export interface DateRange {
  from: LocalDate;
  to: LocalDate;
}

export const grains: readonly Grain[] = ["hour", "day", "week", "month"];

const dayMs = 86_400_000;
const weekdayOfStart: Record<WeekStart, number> = { sunday: 0, monday: 1, saturday: 6 };
const language = "en-GB"; // the texts around the dates are English

const utcOf = (date: LocalDate): number => Date.parse(`${date}T00:00:00Z`);
const dateOf = (utc: number): LocalDate => new Date(utc).toISOString().slice(0, 10);

export function isLocalDate(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(utcOf(text)) && dateOf(utcOf(text)) === text
  );
}

export function todayIn(zone: string, now: number): LocalDate {
  const parts = partsIn(zone, now);
  return `${parts.year}-${parts.month}-${parts.day}`;
}

export function addDays(date: LocalDate, days: number): LocalDate {
  return dateOf(utcOf(date) + days * dayMs);
}

// The same day of another month, or its last day where that month is shorter.
export function addMonths(date: LocalDate, months: number): LocalDate {
  const [year, month, day] = numbersOf(date);
  const lastOfTarget = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return dateOf(Date.UTC(year, month - 1 + months, Math.min(day, lastOfTarget)));
}

// Days in a range, both ends counted.
export function lengthOf(range: DateRange): number {
  return Math.round((utcOf(range.to) - utcOf(range.from)) / dayMs) + 1;
}

export function startOfWeek(date: LocalDate, start: WeekStart): LocalDate {
  const weekday = new Date(utcOf(date)).getUTCDay();
  return addDays(date, -((weekday - weekdayOfStart[start] + 7) % 7));
}

export function startOfMonth(date: LocalDate): LocalDate {
  return `${date.slice(0, 7)}-01`;
}

export function endOfMonth(date: LocalDate): LocalDate {
  return addDays(addMonths(startOfMonth(date), 1), -1);
}

// The first day of a bucket, from the label that the server gives it.
export function dateOfBucket(label: string): LocalDate {
  return label.length === 7 ? `${label}-01` : label.slice(0, 10);
}

// The first day after a bucket of whole days.
export function dayAfterBucket(label: string, grain: Grain): LocalDate {
  const first = dateOfBucket(label);
  if (grain === "month") return addMonths(first, 1);
  return addDays(first, grain === "week" ? 7 : 1);
}

// How many of the first buckets are complete, for answers that do not say it themselves.
export function completeBuckets(
  labels: readonly string[],
  grain: Grain,
  completeThrough: string | null,
): number {
  if (completeThrough === null) return 0;
  const isComplete = (label: string) =>
    grain === "hour"
      ? Date.parse(label) + 3_600_000 <= Date.parse(completeThrough)
      : dayAfterBucket(label, grain) <= completeThrough.slice(0, 10);
  const first = labels.findIndex((label) => !isComplete(label));
  return first < 0 ? labels.length : first;
}

// --- how things are written ---

const formats = new Map<string, Intl.DateTimeFormat>();

function format(at: number, zone: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${zone} ${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(language, { ...options, timeZone: zone });
    formats.set(key, found);
  }
  return found.format(at);
}

function partsIn(zone: string, at: number): Record<string, string> {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  return Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
}

function numbersOf(date: LocalDate): [number, number, number] {
  return [Number(date.slice(0, 4)), Number(date.slice(5, 7)), Number(date.slice(8, 10))];
}

// "3 Nov 2026"
export function writeDate(date: LocalDate): string {
  return format(utcOf(date), "UTC", { day: "numeric", month: "short", year: "numeric" });
}

// "3 Nov", for places where the year is clear
export function writeShortDate(date: LocalDate): string {
  return format(utcOf(date), "UTC", { day: "numeric", month: "short" });
}

// "1 to 23 Nov 2026", "28 Oct to 3 Nov 2026", "3 Nov 2026"
export function writeRange({ from, to }: DateRange): string {
  if (from === to) return writeDate(from);
  if (from.slice(0, 7) === to.slice(0, 7)) return `${Number(from.slice(8))} to ${writeDate(to)}`;
  if (from.slice(0, 4) === to.slice(0, 4)) return `${writeShortDate(from)} to ${writeDate(to)}`;
  return `${writeDate(from)} to ${writeDate(to)}`;
}

// A bucket in full, for tables, the tooltip and the screen reader: "Tue 3 Nov 2026, 14:00".
export function writeBucket(label: string, grain: Grain): string {
  const at = utcOf(dateOfBucket(label));
  if (grain === "month") return format(at, "UTC", { month: "long", year: "numeric" });
  const day = format(at, "UTC", {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
  }).replace(",", "");
  if (grain === "week") return `Week of ${day}`;
  return grain === "hour" ? `${day}, ${label.slice(11, 16)}` : day;
}

// "14:32", or "3 Nov, 14:32" on another day than today, in the project's zone.
export function writeMoment(moment: string, zone: string, now: number): string {
  const at = Date.parse(moment);
  const time = format(at, zone, { hour: "2-digit", minute: "2-digit" });
  const date = todayIn(zone, at);
  return date === todayIn(zone, now) ? time : `${writeShortDate(date)}, ${time}`;
}

// "2 h 5 min", "45 s", "3 d": for lags and windows, rounded to two units.
export function writeDuration(seconds: number): string {
  const units: [string, number][] = [
    [" d", 86_400],
    [" h", 3_600],
    [" min", 60],
    [" s", 1],
  ];
  if (seconds < 1) return "under 1 s";
  let rest = Math.round(seconds);
  const written: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    if (count > 0 && written.length < 2) written.push(`${count}${unit}`);
    else if (written.length > 0) break;
    rest -= count * size;
  }
  return written.join(" ");
}
