import { describe, expect, it } from "vitest";
import { csvOf } from "../../components/sheet";
import { series } from "../../testing/series";
import {
  captionOf,
  nothingText,
  rangeOfMoments,
  describe as say,
  unfinishedText,
} from "./captions";
import { hasNothing, knownBuckets, linesOf, nameOfValue, sheetOf } from "./lines";
import { notesOf } from "./TrendNotes";

const line = (feature_id: string | null, values: (number | null)[], by: string | null = null) => ({
  feature_id,
  by,
  values,
  total: values.reduce<number>((sum, value) => sum + (value ?? 0), 0),
});

describe("lines", () => {
  it("are the numbers of the answer", () => {
    const [first] = linesOf(series(), null, "absolute");
    expect(first).toMatchObject({ name: "checkout.pay", values: [10, 20, 5], total: 35 });
  });

  it("as a share are parts of all features", () => {
    const whole = series({ series: [line(null, [20, 40, 0])] });
    const [first] = linesOf(series(), whole, "share");
    expect(first?.values).toEqual([0.5, 0.5, null]);
    expect(first?.total).toBeCloseTo(35 / 60);
  });

  it("as a share are not known while the whole is not here", () => {
    expect(linesOf(series(), null, "share")[0]?.values).toEqual([null, null, null]);
  });

  it("as an index measure by complete buckets only", () => {
    expect(linesOf(series(), null, "indexed")[0]?.values).toEqual([100, 200, 50]);
  });

  it("carry the period before under the same buckets, one less or more", () => {
    const previous = {
      from: "2026-10-29T00:00:00+01:00",
      to: "2026-11-01T00:00:00+01:00",
      elapsed_to: "2026-11-03T14:00:00+01:00",
      compared_to: "2026-10-31T14:00:00+01:00",
      buckets: ["2026-10-30", "2026-10-31"],
      bucket_starts: [1, 2],
      series: [line("checkout.pay", [8, 9])],
      reasons: [],
    };
    const change = { now: 30, before: 24, ratio: 0.25 };
    const now = { ...line("checkout.pay", [10, 20, 5]), change };
    const [first] = linesOf(series({ series: [now], previous }), null, "absolute");
    expect(first?.previous).toEqual([8, 9, null]);
    expect(first).toMatchObject({ change: 0.25, before: 24 });
  });

  it("are named by the value of a breakdown, and its special values in words", () => {
    const answer = series({
      by: "platform",
      series: [line(null, [1], "web"), line(null, [1], "(rest)"), line(null, [1], "(none)")],
    });
    const names = linesOf(answer, null, "absolute").map(({ name }) => name);
    expect(names).toEqual(["web", "Everything else", "No platform"]);
    expect(nameOfValue("(other)", "page")).toBe("(other)");
  });

  it("say why a value is not known", () => {
    const reason = {
      reason: "retention" as const,
      series: 0,
      first: 0,
      last: 1,
      message: "deleted",
    };
    const [first] = linesOf(series({ reasons: [reason] }), null, "absolute");
    expect(first?.reasonAt(1)).toBe("deleted");
    expect(first?.reasonAt(2)).toBeUndefined();
  });

  it("are nothing when no bucket has a click", () => {
    expect(hasNothing(linesOf(series({ series: [line("a", [null, 0])] }), null, "absolute"))).toBe(
      true,
    );
    expect(hasNothing(linesOf(series(), null, "absolute"))).toBe(false);
  });
});

describe("buckets that have not begun", () => {
  const future = { reason: "future" as const, series: null, first: 2, last: 2, message: "ahead" };
  const answer = series({ reasons: [future], complete_buckets: 1 });

  it("are not counted as known", () => expect(knownBuckets(answer)).toBe(2));

  it("stay out of the table, which marks the unfinished one", () => {
    const sheet = sheetOf(answer, linesOf(answer, null, "absolute"), "absolute");
    expect(sheet.rows.map(({ isUnfinished }) => isUnfinished)).toEqual([false, true]);
    expect(csvOf(sheet)).toBe("Time,checkout.pay\r\n2026-11-01,10\r\n2026-11-02,20\r\n");
  });

  it("need no note", () => expect(notesOf(answer, "absolute")).toEqual([]));
});

describe("sentences", () => {
  const now = Date.parse("2026-11-03T14:40:00+01:00");

  it("name what is shown", () => {
    expect(captionOf(series(), "absolute")).toBe("Clicks on checkout.pay per day");
    expect(captionOf(series({ metric: "users", grain: "week" }), "share")).toBe(
      "Share of users per week",
    );
  });

  it("say how far the last bucket is true", () => {
    expect(unfinishedText(series(), "Europe/Berlin", now)).toBe(
      "Unfinished, complete through 14:32 (Europe/Berlin)",
    );
    expect(unfinishedText(series({ complete_buckets: 3 }), "Europe/Berlin", now)).toBeNull();
  });

  it("say why there is nothing to draw", () => {
    const justBehind = now - 30_000;
    expect(nothingText(series(), justBehind)).toMatch(/^No clicks in these days/);
    const behind = series({ complete_through: "2026-10-28T06:02:00+01:00" });
    expect(nothingText(behind, now)).toMatch(/^Counted up to 28 Oct, 06:02 so far/);
    const early = {
      reason: "before_first_event" as const,
      series: null,
      first: 0,
      last: 2,
      message: "no click yet",
    };
    expect(nothingText(series({ reasons: [early] }), now)).toMatch(/no click yet/);
  });

  it("give days with both ends included", () => {
    expect(rangeOfMoments("2026-11-01T00:00:00+01:00", "2026-11-04T00:00:00+01:00")).toEqual({
      from: "2026-11-01",
      to: "2026-11-03",
    });
    expect(rangeOfMoments("2026-11-03T00:00:00+01:00", "2026-11-03T15:00:00+01:00").to).toBe(
      "2026-11-03",
    );
  });

  it("tell a screen reader the bucket, its numbers and what is missing", () => {
    const reason = {
      reason: "retention" as const,
      series: 1,
      first: 2,
      last: 2,
      message: "deleted",
    };
    const answer = series({
      series: [line("a", [1, 2, 3]), line("b", [1, 2, null])],
      reasons: [reason],
    });
    const lines = linesOf(answer, null, "absolute");
    expect(say(answer, lines, 2, "count")).toBe("Tue 3 Nov 2026, unfinished: a 3; b deleted");
  });

  it("explain gaps, the rest and estimates", () => {
    const reason = {
      reason: "before_first_event" as const,
      series: null,
      first: 0,
      last: 1,
      message: "no click yet",
    };
    const notes = notesOf(
      series({
        metric: "users",
        users_error: 0.016,
        reasons: [reason],
        series: [line(null, [1], "(rest)")],
      }),
      "indexed",
    ).join("\n");
    expect(notes).toContain("Sun 1 Nov 2026 to Mon 2 Nov 2026: no click yet");
    expect(notes).toContain("Everything else");
    expect(notes).toContain("±1.6%");
    expect(notes).toContain("100 is");
  });
});
