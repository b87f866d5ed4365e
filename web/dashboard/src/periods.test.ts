import { describe, expect, it } from "vitest";
import { grainFor, presets, rangeOf } from "./periods";
import { lengthOf } from "./time";

const today = "2026-11-25"; // a Wednesday
const named = (preset: (typeof presets)[number][0]) => rangeOf({ preset }, today, "monday");

describe("named ranges", () => {
  it("follow the project's day", () => {
    expect(named("today")).toEqual({ from: today, to: today });
    expect(named("yesterday")).toEqual({ from: "2026-11-24", to: "2026-11-24" });
    expect(named("last7")).toEqual({ from: "2026-11-19", to: today });
    expect(named("last28")).toEqual({ from: "2026-10-29", to: today });
    expect(named("last90")).toEqual({ from: "2026-08-28", to: today });
    expect(named("this_week")).toEqual({ from: "2026-11-23", to: today });
    expect(named("last_week")).toEqual({ from: "2026-11-16", to: "2026-11-22" });
    expect(named("this_month")).toEqual({ from: "2026-11-01", to: today });
    expect(named("last_month")).toEqual({ from: "2026-10-01", to: "2026-10-31" });
    expect(named("this_year")).toEqual({ from: "2026-01-01", to: today });
  });

  it("never end in the future", () => {
    for (const [preset] of presets) expect(named(preset).to <= today).toBe(true);
  });

  it("have the length that they are named by", () => {
    expect(lengthOf(named("last7"))).toBe(7);
    expect(lengthOf(named("last28"))).toBe(28);
    expect(lengthOf(named("last90"))).toBe(90);
  });

  it("begin a week on the project's first weekday", () => {
    expect(rangeOf({ preset: "this_week" }, today, "sunday").from).toBe("2026-11-22");
  });

  it("leave free dates alone", () => {
    const free = { from: "2026-01-05", to: "2026-01-09" };
    expect(rangeOf(free, today, "monday")).toEqual(free);
  });
});

describe("the grain nobody chose", () => {
  it("keeps the number of points readable", () => {
    expect(grainFor(named("today"))).toBe("hour");
    expect(grainFor(named("last28"))).toBe("day");
    expect(grainFor(named("this_year"))).toBe("week");
    expect(grainFor({ from: "2020-01-01", to: "2026-01-01" })).toBe("month");
  });
});
