// Ranges of days that a person can choose by name, and the period before each.
import {
  addDays,
  addMonths,
  type DateRange,
  endOfMonth,
  type Grain,
  type LocalDate,
  lengthOf,
  startOfMonth,
  startOfWeek,
  type WeekStart,
} from "./time";

export const presets = [
  ["today", "Today"],
  ["yesterday", "Yesterday"],
  ["last7", "Last 7 days"],
  ["last28", "Last 28 days"],
  ["last90", "Last 90 days"],
  ["this_week", "This week"],
  ["last_week", "Last week"],
  ["this_month", "This month"],
  ["last_month", "Last month"],
  ["this_year", "This year"],
] as const;

export type Preset = (typeof presets)[number][0];

// A named range moves with the days; a free one stays.
export type RangeChoice = { preset: Preset } | DateRange;

export function isPreset(text: string): text is Preset {
  return presets.some(([name]) => name === text);
}

export function nameOf(preset: Preset): string {
  return presets.find(([name]) => name === preset)?.[1] ?? preset;
}

// Ranges that run end today, not in the future: no empty days ahead.
export function rangeOf(choice: RangeChoice, today: LocalDate, start: WeekStart): DateRange {
  if (!("preset" in choice)) return choice;
  switch (choice.preset) {
    case "today":
      return { from: today, to: today };
    case "yesterday":
      return { from: addDays(today, -1), to: addDays(today, -1) };
    case "last7":
      return { from: addDays(today, -6), to: today };
    case "last28":
      return { from: addDays(today, -27), to: today };
    case "last90":
      return { from: addDays(today, -89), to: today };
    case "this_week":
      return { from: startOfWeek(today, start), to: today };
    case "last_week": {
      const from = addDays(startOfWeek(today, start), -7);
      return { from, to: addDays(from, 6) };
    }
    case "this_month":
      return { from: startOfMonth(today), to: today };
    case "last_month": {
      const from = addMonths(startOfMonth(today), -1);
      return { from, to: endOfMonth(from) };
    }
    case "this_year":
      return { from: `${today.slice(0, 4)}-01-01`, to: today };
  }
}

// The period before, of the same kind: as many days before it, the same weekdays of the week before,
// the same days of the month or the year before. Never longer than the period itself.
export function previousRange(choice: RangeChoice, range: DateRange): DateRange {
  const preset = "preset" in choice ? choice.preset : null;
  if (preset === "this_month" || preset === "last_month") {
    const from = addMonths(range.from, -1);
    return { from, to: earlier(addDays(from, lengthOf(range) - 1), endOfMonth(from)) };
  }
  if (preset === "this_year") {
    return { from: addMonths(range.from, -12), to: addMonths(range.to, -12) };
  }
  const days = preset === "this_week" ? 7 : lengthOf(range);
  return { from: addDays(range.from, -days), to: addDays(range.to, -days) };
}

function earlier(a: LocalDate, b: LocalDate): LocalDate {
  return a < b ? a : b;
}

// The grain that gives a readable number of points when nobody has chosen one.
export function grainFor(range: DateRange): Grain {
  const days = lengthOf(range);
  if (days <= 2) return "hour";
  if (days <= 120) return "day";
  return days <= 800 ? "week" : "month";
}
