import { describe, expect, it } from "vitest";
import { addressOfCost, nameFor, propertiesIn, writeCost } from "./breakdown";

describe("a new breakdown", () => {
  it("takes properties as people write them", () => {
    expect(propertiesIn("plan, team size,, properties.plan ")).toEqual([
      "properties.plan",
      "properties.team size",
    ]);
    expect(propertiesIn("")).toEqual([]);
  });

  it("is called after what it stands on", () => {
    expect(nameFor(["browser", "os"])).toBe("by_browser_os");
    expect(nameFor(["properties.Team Size"])).toBe("by_team_size");
    expect(nameFor([`properties.${"x".repeat(60)}`])).toHaveLength(40);
    expect(nameFor([])).toBe("by");
  });

  it("asks for its cost", () => {
    expect(addressOfCost("shop", ["browser", "properties.a,b"])).toBe(
      "/api/v1/rollups/cost?project=shop&dimensions=browser%2Cproperties.a%5C%2Cb",
    );
  });

  it("says what that is", () => {
    const cost = {
      events: 1_200_000,
      rows: 34_000,
      seconds: 125,
      sampled_events: 1,
      sampled_hours: 1,
    };
    expect(writeCost(cost)).toMatch(/^Reads 1.200.000 clicks .* about 34.000 rows: about 2 min/);
    expect(writeCost({ ...cost, events: 0 })).toContain("no clicks yet");
    expect(writeCost({ ...cost, rows: 1 })).toContain("about 1 row:");
  });
});
