import { describe, expect, it } from "vitest";
import { defaultView, paramsOf, type TrendView, viewOf } from "./view";

const roundTrip = (view: TrendView) => viewOf(new URLSearchParams(paramsOf(view).toString()));

describe("the address of a trend", () => {
  it("is empty for the default view", () => {
    expect(paramsOf(defaultView).toString()).toBe("");
    expect(viewOf(new URLSearchParams())).toEqual(defaultView);
  });

  it("holds everything that can be chosen", () => {
    const view: TrendView = {
      range: { from: "2026-11-01", to: "2026-11-07" },
      grain: "hour",
      features: ["checkout.pay", "a,b & c=d"],
      metric: "users",
      mode: "share",
      isCompared: true,
      by: "platform",
      filters: { platform: ["web", "(none)"], page: ["/a,b"] },
      isTable: true,
    };
    expect(roundTrip(view)).toEqual(view);
  });

  it("keeps a named range named, so that a bookmark moves with the days", () => {
    expect(roundTrip({ ...defaultView, range: { preset: "last7" } }).range).toEqual({
      preset: "last7",
    });
  });

  it("takes what was typed wrong as the default", () => {
    const view = viewOf(
      new URLSearchParams("grain=second&metric=money&show=pie&from=2026-02-30&to=x&range=ever"),
    );
    expect(view).toEqual(defaultView);
  });

  it("turns a range around that was typed backwards", () => {
    expect(viewOf(new URLSearchParams("from=2026-11-07&to=2026-11-01")).range).toEqual({
      from: "2026-11-01",
      to: "2026-11-07",
    });
  });

  it("shows up to ten features, each once", () => {
    const params = new URLSearchParams();
    for (let n = 0; n < 12; n += 1) params.append("feature", `f${n}`);
    params.append("feature", "f1");
    expect(viewOf(params).features).toHaveLength(10);
    expect(viewOf(new URLSearchParams("feature=a&feature=a")).features).toEqual(["a"]);
  });
});
