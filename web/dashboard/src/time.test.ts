import { describe, expect, it } from "vitest";
import {
  addDays,
  addMonths,
  completeBuckets,
  dayAfterBucket,
  endOfMonth,
  isLocalDate,
  lengthOf,
  startOfWeek,
  todayIn,
  writeBucket,
  writeDuration,
  writeMoment,
  writeRange,
} from "./time";

describe("local dates", () => {
  it("are those of the project's zone, not of the viewer's", () => {
    const at = Date.parse("2026-11-07T18:20:00Z");
    expect(todayIn("Asia/Kathmandu", at)).toBe("2026-11-08");
    expect(todayIn("America/St_Johns", at)).toBe("2026-11-07");
  });

  it("are counted across a change of the clock as calendar days", () => {
    expect(addDays("2026-10-24", 2)).toBe("2026-10-26");
    expect(lengthOf({ from: "2026-10-24", to: "2026-10-26" })).toBe(3);
  });

  it("stay in a shorter month at its last day", () => {
    expect(addMonths("2026-03-31", -1)).toBe("2026-02-28");
    expect(addMonths("2028-03-31", -1)).toBe("2028-02-29");
    expect(addMonths("2026-12-15", 1)).toBe("2027-01-15");
    expect(endOfMonth("2026-02-10")).toBe("2026-02-28");
  });

  it("begin their week where the project says", () => {
    expect(startOfWeek("2026-11-08", "monday")).toBe("2026-11-02"); // a Sunday
    expect(startOfWeek("2026-11-08", "sunday")).toBe("2026-11-08");
    expect(startOfWeek("2026-11-08", "saturday")).toBe("2026-11-07");
  });

  it("are refused when they do not exist", () => {
    expect(isLocalDate("2026-02-29")).toBe(false);
    expect(isLocalDate("2026-2-9")).toBe(false);
    expect(isLocalDate("2028-02-29")).toBe(true);
  });
});

describe("buckets", () => {
  it("end where the next one of their grain begins", () => {
    expect(dayAfterBucket("2026-11-01", "day")).toBe("2026-11-02");
    expect(dayAfterBucket("2026-10-26", "week")).toBe("2026-11-02");
    expect(dayAfterBucket("2026-12", "month")).toBe("2027-01-01");
  });

  it("are complete once everything before their end was counted", () => {
    const days = ["2026-11-01", "2026-11-02", "2026-11-03"];
    expect(completeBuckets(days, "day", "2026-11-03T09:00:00+01:00")).toBe(2);
    expect(completeBuckets(days, "day", "2026-11-04T00:00:00+01:00")).toBe(3);
    expect(completeBuckets(days, "day", null)).toBe(0);
    const hours = ["2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00"];
    expect(completeBuckets(hours, "hour", "2026-11-01T01:10:00-05:00")).toBe(1);
  });

  it("are written with the local time that their label carries", () => {
    expect(writeBucket("2026-11-01T01:00:00-05:00", "hour")).toBe("Sun 1 Nov 2026, 01:00");
    expect(writeBucket("2026-11-02", "day")).toBe("Mon 2 Nov 2026");
    expect(writeBucket("2026-11-02", "week")).toBe("Week of Mon 2 Nov 2026");
    expect(writeBucket("2026-11", "month")).toBe("November 2026");
  });
});

describe("what people read", () => {
  const zone = "Europe/Berlin";
  const now = Date.parse("2026-11-23T14:40:00+01:00");

  it("names the day of a moment only when it is not today", () => {
    expect(writeMoment("2026-11-23T14:32:10+01:00", zone, now)).toBe("14:32");
    expect(writeMoment("2026-11-22T09:05:00+01:00", zone, now)).toBe("22 Nov, 09:05");
  });

  it("does not repeat the month and year of a range", () => {
    expect(writeRange({ from: "2026-11-01", to: "2026-11-23" })).toBe("1 to 23 Nov 2026");
    expect(writeRange({ from: "2026-10-28", to: "2026-11-03" })).toBe("28 Oct to 3 Nov 2026");
    expect(writeRange({ from: "2025-12-30", to: "2026-01-02" })).toBe("30 Dec 2025 to 2 Jan 2026");
    expect(writeRange({ from: "2026-11-03", to: "2026-11-03" })).toBe("3 Nov 2026");
  });

  it("rounds a duration to two units", () => {
    expect(writeDuration(0.4)).toBe("under 1 s");
    expect(writeDuration(61)).toBe("1 min 1 s");
    expect(writeDuration(86_400)).toBe("1 d");
    expect(writeDuration(93_784)).toBe("1 d 2 h");
  });
});
