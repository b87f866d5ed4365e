import { describe, expect, it } from "vitest";
import { unknown, writeAxis, writeChange, writeCount, writeShare, writeValue } from "./numbers";

describe("numbers", () => {
  it("are never 0 when they are not known", () => {
    expect(writeCount(null)).toBe(unknown);
    expect(writeShare(null)).toBe(unknown);
    expect(writeChange(null)).toBe(unknown);
    expect(writeValue(null, "index")).toBe(unknown);
    expect(writeCount(0)).toBe("0");
  });

  it("are grouped, and shares keep one decimal so that they line up", () => {
    expect(writeCount(1234567)).toBe("1,234,567");
    expect(writeShare(0.13)).toBe("13.0%");
    expect(writeShare(0.0004)).toBe("0.04%");
    expect(writeShare(39 / 134_732)).toBe("0.03%");
    expect(writeShare(0)).toBe("0.0%");
    expect(writeShare(1 / 134_994)).toBe("<0.01%"); // little is not nothing
  });

  it("say the direction of a change, and large ones as a factor", () => {
    expect(writeChange(0.123)).toBe("+12.3%");
    expect(writeChange(-0.5)).toBe("-50.0%");
    expect(writeChange(0)).toBe("0.0%");
    expect(writeChange(11)).toBe("×12");
  });

  it("are short on an axis", () => {
    expect(writeAxis(25_000, "count")).toBe("25K");
    expect(writeAxis(5_000, "count")).toBe("5,000");
    expect(writeAxis(0.4, "share")).toBe("40%");
  });
});
