import { describe, expect, it } from "vitest";
import type { CatalogueEntry, FeatureRow } from "../../api";
import { listed, matching, tagsIn } from "./entries";

const entry = (feature_id: string, more: Partial<CatalogueEntry> = {}): CatalogueEntry => ({
  feature_id,
  name: "",
  description: "",
  owner: "",
  tags: [],
  state: "live",
  alias_of: null,
  changed_at: "2026-11-03T14:32:00+01:00",
  ...more,
});
const row = (feature_id: string, clicks: number) => ({ feature_id, clicks }) as FeatureRow;
const catalogue = (...features: CatalogueEntry[]) => ({ project: "shop", features });

describe("listed", () => {
  it("holds what was written and what was clicked, each once, by id", () => {
    const rows = [row("pay", 7), row("menu", 2), row("(other)", 9), row("gone", 0)];
    const all = listed(catalogue(entry("pay"), entry("zoom")), rows, true);
    expect(all.map(({ feature_id, clicks }) => [feature_id, clicks])).toEqual([
      ["menu", 2],
      ["pay", 7],
      ["zoom", 0],
    ]);
    expect(all.map((one) => one.entry?.feature_id)).toEqual([undefined, "pay", "zoom"]);
  });
  it("does not call clicks 0 that were not asked for", () => {
    expect(listed(catalogue(entry("zoom")), [row("pay", 7)], false)[1]?.clicks).toBeNull();
  });
});

describe("matching", () => {
  const all = listed(
    catalogue(
      entry("a", { name: "Pay", state: "planned" }),
      entry("b", { owner: "Payments", tags: ["money"] }),
      entry("c", { description: "how to PAY" }),
    ),
    [row("pay.now", 1), row("menu", 1)],
    true,
  );
  const ids = (shown: Parameters<typeof matching>[1], search: string) =>
    matching(all, shown, search).map(({ feature_id }) => feature_id);
  it("finds text in every field", () => {
    expect(ids("all", " pay")).toEqual(["a", "b", "c", "pay.now"]);
    expect(ids("all", "MONEY")).toEqual(["b"]);
    expect(ids("all", "")).toHaveLength(5);
  });
  it("keeps one state, or what nobody wrote about", () => {
    expect(ids("planned", "")).toEqual(["a"]);
    expect(ids("live", "pay")).toEqual(["b", "c"]);
    expect(ids("unwritten", "")).toEqual(["menu", "pay.now"]);
  });
});

describe("tagsIn", () => {
  it("takes commas, semicolons, spaces and repeats as people type them", () => {
    expect(tagsIn(" a, b c;a ,,")).toEqual(["a", "b c"]);
    expect(tagsIn("")).toEqual([]);
  });
});
