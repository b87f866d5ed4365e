import { describe, expect, it } from "vitest";
import type { ProjectContext } from "../../context";
import { project } from "../../testing/series";
import { askedRange, seriesAddress, wholeAddress } from "./question";
import { defaultView } from "./view";

const context: ProjectContext = { project: project(), today: "2026-11-25", weekStart: "monday" };
const asked = (address: string | null) => new URL(address ?? "", "http://x").searchParams;

describe("a question", () => {
  it("excludes its end on the wire", () => {
    const params = asked(seriesAddress(defaultView, context));
    expect(params.get("from")).toBe("2026-10-29");
    expect(params.get("to")).toBe("2026-11-26");
    expect(params.get("grain")).toBe("day");
  });

  it("keeps commas of names apart from commas of lists", () => {
    const view = {
      ...defaultView,
      features: ["a,b", "c\\d"],
      filters: { page: ["/x,y", "/z"] },
    };
    const params = asked(seriesAddress(view, context));
    expect(params.get("feature_id")).toBe("a\\,b,c\\\\d");
    expect(params.get("filter.page")).toBe("/x\\,y,/z");
  });

  it("runs to the end of the week, month or year, so that the period before lines up", () => {
    const to = (preset: "this_week" | "this_month" | "this_year" | "last7") =>
      askedRange({ preset }, context).to;
    expect(to("this_week")).toBe("2026-11-29");
    expect(to("this_month")).toBe("2026-11-30");
    expect(to("this_year")).toBe("2026-12-31");
    expect(to("last7")).toBe("2026-11-25");
  });

  it("asks for the whole only where a share is shown", () => {
    expect(wholeAddress(defaultView, context)).toBeNull();
    expect(wholeAddress({ ...defaultView, mode: "share" }, context)).toBeNull();
    const ofFeatures = wholeAddress({ ...defaultView, mode: "share", features: ["a"] }, context);
    expect(asked(ofFeatures).has("feature_id")).toBe(false);
    const ofFeature = { ...defaultView, mode: "share" as const, features: ["a"], by: "platform" };
    expect(asked(wholeAddress(ofFeature, context)).get("feature_id")).toBe("a");
    expect(asked(wholeAddress(ofFeature, context)).has("by")).toBe(false);
  });
});
