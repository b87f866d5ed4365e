// What a new breakdown may stand on, what it is called, and what the server says it will cost.
import { addressOfQuestion, listOf, type RollupCost } from "../../api";
import { writeCount } from "../../numbers";
import { writeDuration } from "../../time";

export const mostDimensions = 4; // that one rollup keeps together

export const fields = [
  "platform",
  "app_version",
  "device",
  "browser",
  "os",
  "locale",
  "country",
  "region",
  "page",
  "experiment",
  "variant",
] as const;

// "plan, team size" as dimensions: properties.plan, properties.team size.
export function propertiesIn(text: string): string[] {
  const names = text.split(",").map((name) => name.trim().replace(/^properties\./, ""));
  return [...new Set(names.filter((name) => name !== ""))].map((name) => `properties.${name}`);
}

// A name as the server takes it: a-z, 0-9 and _, at most 40.
export function nameFor(dimensions: readonly string[]): string {
  const words = dimensions.map((dimension) =>
    dimension
      .replace(/^properties\./, "")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "_"),
  );
  return `by_${words.join("_")}`.slice(0, 40).replace(/_+$/, "");
}

export function addressOfCost(project: string, dimensions: readonly string[]): string {
  return addressOfQuestion("/api/v1/rollups/cost", { project, dimensions: listOf(dimensions) });
}

export function writeCost(cost: RollupCost): string {
  if (cost.events === 0) return "There are no clicks yet: it begins at once.";
  const rows = cost.rows === 1 ? "1 row" : `${writeCount(cost.rows)} rows`;
  return `Reads ${writeCount(cost.events)} clicks of the past and keeps about ${rows}: about ${writeDuration(Math.max(1, cost.seconds))}, beside the counting.`;
}
