import { describe, expect, it } from "vitest";
import { csvOf } from "./sheet";

const row = (key: string, value: number | null) => ({
  label: key,
  key,
  isUnfinished: false,
  cells: [{ text: "", value }],
});

describe("a CSV", () => {
  it("leaves unknown values empty and quotes what needs it", () => {
    const sheet = { columns: ["Time", 'a "b", c'], rows: [row("2026-11-01", null), row("x,y", 1)] };
    expect(csvOf(sheet)).toBe('Time,"a ""b"", c"\r\n2026-11-01,\r\n"x,y",1\r\n');
  });

  it("defuses text that a spreadsheet would calculate", () => {
    for (const text of ["=1+1", "+1", "-1", "@x", "\tx", "|x", "%x", "  =1+1", "\uff1d1"]) {
      expect(csvOf({ columns: [text], rows: [] })).toContain(`'${text}`);
    }
  });
});
