// From what is shown to what is asked.
import { addressOfQuestion, listOf } from "../../api";
import type { ProjectContext } from "../../context";
import { grainFor, type RangeChoice, rangeOf } from "../../periods";
import {
  addDays,
  addMonths,
  type DateRange,
  endOfMonth,
  type Grain,
  startOfWeek,
} from "../../time";
import type { TrendView } from "./view";

export const mostValues = 10; // of a breakdown; the rest is one line

// What is asked ends with the week, month or year that runs, so that the period before lines up with
// it day by day and the server compares the same elapsed part. Its days to come are empty.
export function askedRange(choice: RangeChoice, context: ProjectContext): DateRange {
  const range = rangeOf(choice, context.today, context.weekStart);
  if (!("preset" in choice)) return range;
  switch (choice.preset) {
    case "this_week":
      return { from: range.from, to: addDays(startOfWeek(range.to, context.weekStart), 6) };
    case "this_month":
      return { from: range.from, to: endOfMonth(range.to) };
    case "this_year":
      return { from: range.from, to: addDays(addMonths(range.from, 12), -1) };
    default:
      return range;
  }
}

export function grainOf(view: TrendView, context: ProjectContext): Grain {
  return view.grain ?? grainFor(askedRange(view.range, context));
}

export function seriesAddress(view: TrendView, context: ProjectContext): string {
  const range = askedRange(view.range, context);
  return addressOfQuestion(
    "/api/v1/series",
    {
      project: context.project.id,
      feature_id: listOf(view.features),
      grain: grainOf(view, context),
      from: range.from,
      to: addDays(range.to, 1), // excluded on the wire
      metric: view.metric,
      by: view.by ?? undefined,
      limit: view.by ? mostValues : undefined,
      compare: view.isCompared ? "previous" : undefined,
    },
    view.filters,
  );
}

// What a share is a part of: all values of a breakdown, or all features. null when no share is shown.
export function wholeAddress(view: TrendView, context: ProjectContext): string | null {
  if (view.mode !== "share" || !hasParts(view)) return null;
  const features = view.by ? view.features : [];
  return seriesAddress({ ...view, by: null, features }, context);
}

// Whether what is shown is a part of something, so that a share says more than 100 %.
export function hasParts(view: Pick<TrendView, "by" | "features">): boolean {
  return view.by !== null || view.features.length > 0;
}
