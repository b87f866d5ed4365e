import { describe, expect, it } from "vitest";
import { addDays } from "../time";
import { ticksOf } from "./ticks";

const days = (from: string, count: number) =>
  Array.from({ length: count }, (_, index) => addDays(from, index));

describe("the labels of the time axis", () => {
  it("stand under every bucket where there is room", () => {
    expect(ticksOf(days("2026-11-01", 3), "day", 10).map(({ text }) => text)).toEqual([
      "1 Nov",
      "2 Nov",
      "3 Nov",
    ]);
  });

  it("never need more room than there is", () => {
    for (const count of [1, 2, 7, 28, 90, 366, 1000]) {
      for (const most of [2, 4, 10, 20]) {
        const ticks = ticksOf(days("2026-01-01", count), "day", most);
        expect(ticks.length).toBeLessThanOrEqual(most);
        expect(ticks.length).toBeGreaterThan(0);
      }
    }
  });

  it("stand at round hours and at midnight by its date", () => {
    const hours = Array.from(
      { length: 24 },
      (_, hour) => `2026-11-03T${String(hour).padStart(2, "0")}:00:00+01:00`,
    );
    expect(ticksOf(hours, "hour", 8).map(({ text }) => text)).toEqual([
      "3 Nov",
      "03:00",
      "06:00",
      "09:00",
      "12:00",
      "15:00",
      "18:00",
      "21:00",
    ]);
  });

  it("take the local time of the label, also of a half hour that a change of the clock leaves", () => {
    const labels = ["2026-04-05T01:00:00+11:00", "2026-04-05T01:30:00+10:30"];
    expect(ticksOf(labels, "hour", 4).map(({ text }) => text)).toEqual(["01:00", "01:30"]);
  });
});
