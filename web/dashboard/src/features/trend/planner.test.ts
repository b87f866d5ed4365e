import { describe, expect, it } from "vitest";
import type { Rollup } from "../../api";
import { nameOfDimension, type Wish, whyNot } from "./planner";

const rollup = (name: string, dimensions: string[], users = true): Rollup => ({
  name,
  dimensions,
  users,
  generation: 1,
  since: null,
});
const rollups = [
  rollup("totals", []),
  rollup("by_platform_version", ["platform", "app_version"]),
  rollup("by_experiment", ["experiment", "variant"]),
  rollup("by_page", ["page"], false),
];
const wish = (part: Partial<Wish>): Wish => ({ metric: "clicks", by: null, filters: {}, ...part });

describe("what can be asked", () => {
  it("is anything that one rollup holds", () => {
    expect(whyNot(wish({}), rollups)).toBeNull();
    expect(whyNot(wish({ by: "platform", filters: { app_version: ["4"] } }), rollups)).toBeNull();
    expect(whyNot(wish({ by: "page" }), rollups)).toBeNull();
  });

  it("is not two dimensions that no rollup holds together, and says what to declare", () => {
    const reason = whyNot(wish({ by: "page", filters: { platform: ["web"] } }), rollups);
    expect(reason).toContain("No rollup keeps page and platform together");
    expect(reason).toContain(
      '[[rollup]] name = "by_page_platform" dimensions = ["page", "platform"]',
    );
  });

  it("is not users where only clicks are kept", () => {
    expect(whyNot(wish({ metric: "users", by: "page" }), rollups)).toContain("not users");
  });

  it("is one experiment at a time, unless experiments are what is compared", () => {
    const filters = { experiment: ["new_pay"] };
    expect(whyNot(wish({ by: "variant" }), rollups)).toContain("exactly one experiment");
    expect(whyNot(wish({ filters: { variant: ["A"] } }), rollups)).toContain("exactly one");
    expect(whyNot(wish({ filters: { experiment: ["a", "b"] } }), rollups)).toContain("exactly one");
    expect(whyNot(wish({ by: "variant", filters }), rollups)).toBeNull();
    expect(whyNot(wish({ by: "experiment" }), rollups)).toBeNull();
  });

  it("takes an empty filter as none", () => {
    expect(whyNot(wish({ by: "page", filters: { platform: [] } }), rollups)).toBeNull();
  });
});

describe("names of dimensions", () => {
  it("are words", () => {
    expect(nameOfDimension("app_version")).toBe("app version");
    expect(nameOfDimension("properties.plan_tier")).toBe("plan tier");
  });
});
