// What the Explore page shows, as a value, and the same as the parameters of its address. Reading is
// forgiving (an address may be old or typed), writing leaves out what is the default.
import type { Filters } from "../../api";
import { isPreset, type RangeChoice } from "../../periods";
import { type Grain, grains, isLocalDate } from "../../time";

export type Metric = "clicks" | "users";
export type Mode = "absolute" | "share" | "indexed";

export interface TrendView {
  range: RangeChoice; // in the address both days are included, as in the form
  grain: Grain | null; // null: what suits the range
  features: string[]; // none: all together
  metric: Metric;
  mode: Mode;
  isCompared: boolean; // with the period before
  by: string | null;
  filters: Filters;
  isTable: boolean;
}

export const mostFeatures = 10;

export const defaultView: TrendView = {
  range: { preset: "last28" },
  grain: null,
  features: [],
  metric: "clicks",
  mode: "absolute",
  isCompared: false,
  by: null,
  filters: {},
  isTable: false,
};

export function viewOf(params: URLSearchParams): TrendView {
  return {
    range: rangeIn(params) ?? defaultView.range,
    grain: grains.find((grain) => grain === params.get("grain")) ?? null,
    features: unique(params.getAll("feature")).slice(0, mostFeatures),
    metric: params.get("metric") === "users" ? "users" : "clicks",
    mode: modeIn(params.get("show")),
    isCompared: params.get("compare") === "previous",
    by: params.get("by") || null,
    filters: filtersIn(params),
    isTable: params.get("table") === "1",
  };
}

export function paramsOf(view: TrendView): URLSearchParams {
  const params = new URLSearchParams();
  for (const feature of view.features) params.append("feature", feature);
  writeRangeInto(params, view.range);
  if (view.grain) params.set("grain", view.grain);
  if (view.metric !== "clicks") params.set("metric", view.metric);
  if (view.mode !== "absolute") params.set("show", view.mode);
  if (view.isCompared) params.set("compare", "previous");
  if (view.by) params.set("by", view.by);
  writeFiltersInto(params, view.filters);
  if (view.isTable) params.set("table", "1");
  return params;
}

// Also for the other pages, whose addresses say range and filters in the same way.
export function rangeIn(params: URLSearchParams): RangeChoice | null {
  const preset = params.get("range") ?? "";
  if (isPreset(preset)) return { preset };
  const from = params.get("from") ?? "";
  const to = params.get("to") ?? "";
  if (!isLocalDate(from) || !isLocalDate(to)) return null;
  return from <= to ? { from, to } : { from: to, to: from };
}

export function writeRangeInto(params: URLSearchParams, range: RangeChoice): void {
  if (!("preset" in range)) {
    params.set("from", range.from);
    params.set("to", range.to);
  } else if ("preset" in defaultView.range && range.preset !== defaultView.range.preset) {
    params.set("range", range.preset);
  }
}

export function filtersIn(params: URLSearchParams): Filters {
  const filters: Filters = {};
  for (const name of new Set(params.keys())) {
    const dimension = name.startsWith("filter.") ? name.slice("filter.".length) : "";
    if (dimension) filters[dimension] = unique(params.getAll(name));
  }
  return filters;
}

export function writeFiltersInto(params: URLSearchParams, filters: Filters): void {
  for (const [dimension, values] of Object.entries(filters)) {
    for (const value of values) params.append(`filter.${dimension}`, value);
  }
}

function modeIn(text: string | null): Mode {
  return text === "share" || text === "indexed" ? text : "absolute";
}

function unique(values: string[]): string[] {
  return [...new Set(values.filter((value) => value !== ""))];
}
