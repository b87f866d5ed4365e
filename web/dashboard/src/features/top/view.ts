// What the Top features page shows, and the same as the parameters of its address.
import type { Filters } from "../../api";
import type { RangeChoice } from "../../periods";
import { filtersIn, rangeIn, writeFiltersInto, writeRangeInto } from "../trend/view";

export const orders = ["clicks", "change", "users", "name"] as const;
export type Order = (typeof orders)[number];

export interface TopView {
  range: RangeChoice;
  filters: Filters;
  search: string;
  order: Order;
  hasUsers: boolean;
  rows: number;
}

const fewRows = 50;
export const mostRows = 1_000;

export const defaultTopView: TopView = {
  range: { preset: "last28" },
  filters: {},
  search: "",
  order: "clicks",
  hasUsers: false,
  rows: fewRows,
};

export function topViewOf(params: URLSearchParams): TopView {
  const rows = Number.parseInt(params.get("rows") ?? "", 10);
  const order = orders.find((name) => name === params.get("order")) ?? "clicks";
  return {
    range: rangeIn(params) ?? defaultTopView.range,
    filters: filtersIn(params),
    search: (params.get("search") ?? "").slice(0, 128),
    order,
    hasUsers: params.get("users") === "1" || order === "users",
    rows: rows > 0 ? Math.min(rows, mostRows) : fewRows,
  };
}

export function topParamsOf(view: TopView): URLSearchParams {
  const params = new URLSearchParams();
  writeRangeInto(params, view.range);
  if (view.search) params.set("search", view.search);
  if (view.order !== "clicks") params.set("order", view.order);
  if (view.hasUsers && view.order !== "users") params.set("users", "1");
  if (view.rows !== fewRows) params.set("rows", String(view.rows));
  writeFiltersInto(params, view.filters);
  return params;
}
