// Which questions some rollup can answer, so that the others are disabled with their reason instead
// of failing. The server decides in the end; this mirrors its rule: one rollup must hold every
// dimension that is asked, and users when users are asked.
import type { Filters, Rollup } from "../../api";
import type { Metric } from "./view";

export interface Wish {
  metric: Metric;
  by: string | null;
  filters: Filters;
}

// null when it can be answered, else what to tell the reader.
export function whyNot(wish: Wish, rollups: readonly Rollup[]): string | null {
  const wanted = dimensionsOf(wish);
  const holding = rollups.filter((rollup) =>
    wanted.every((name) => rollup.dimensions.includes(name)),
  );
  if (holding.length === 0) {
    const names = wanted.map(nameOfDimension);
    const together = names.length > 1 ? " together" : "";
    const name = `by_${wanted.map(plain).join("_")}`;
    const list = wanted.map((dimension) => `"${dimension}"`).join(", ");
    return `No rollup keeps ${listed(names)}${together}. An administrator adds one on the Data health page; or add to clickmill.toml: [[rollup]] name = "${name}" dimensions = [${list}]`;
  }
  if (wish.metric === "users" && !holding.some((rollup) => rollup.users)) {
    return `The rollup that keeps ${listed(wanted.map(nameOfDimension))} counts clicks, not users.`;
  }
  return whyNotExperiments(wish);
}

// A click in two experiments stands in the rollup twice, so only one experiment can be looked at.
function whyNotExperiments({ by, filters }: Wish): string | null {
  const isOne = filters.experiment?.length === 1;
  const isAsked =
    by === "variant" || filters.variant || (filters.experiment && by !== "experiment");
  if (!isAsked || isOne || by === "experiment") return null;
  return "Choose exactly one experiment first: a click can be in several experiments at once.";
}

export function dimensionsOf({ by, filters }: Wish): string[] {
  const named = Object.keys(filters).filter((name) => (filters[name]?.length ?? 0) > 0);
  if (by) named.push(by);
  return [...new Set(named)].sort();
}

const names: Record<string, string> = {
  platform: "platform",
  app_version: "app version",
  os: "operating system",
};

export function nameOfDimension(dimension: string): string {
  return names[dimension] ?? dimension.replace(/^properties\./, "").replaceAll("_", " ");
}

const plain = (dimension: string) => dimension.replace(/[^a-z0-9]+/gi, "_");

export function listed(words: readonly string[]): string {
  if (words.length <= 1) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
