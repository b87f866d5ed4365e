// Features as the catalogue page lists them: what people wrote, and what was clicked.
import type { Catalogue, CatalogueEntry, FeatureRow } from "../../api";

export type State = CatalogueEntry["state"];
export const states: readonly State[] = ["planned", "live", "deprecated", "removed"];

export interface Listed {
  feature_id: string;
  entry: CatalogueEntry | null; // null: nobody wrote about it yet
  clicks: number | null; // of the days shown; null: not known
}

// Every feature that has an entry or clicks, by id. `isAll`: the rows are all that were clicked, so
// one that is not among them had none.
export function listed(
  catalogue: Catalogue,
  rows: readonly FeatureRow[],
  isAll: boolean,
): Listed[] {
  const byId = new Map<string, Listed>();
  for (const entry of catalogue.features) {
    byId.set(entry.feature_id, {
      feature_id: entry.feature_id,
      entry,
      clicks: isAll ? 0 : null,
    });
  }
  for (const { feature_id, clicks } of rows) {
    if (feature_id.startsWith("(")) continue; // what features are summed up in
    const known = byId.get(feature_id);
    if (known) known.clicks = clicks;
    else if (clicks > 0) byId.set(feature_id, { feature_id, entry: null, clicks });
  }
  return [...byId.values()].sort((a, b) => (a.feature_id < b.feature_id ? -1 : 1));
}

export type Shown = State | "all" | "unwritten";

// Capitals do not matter, and text may stand in any field.
export function matching(features: readonly Listed[], shown: Shown, search: string): Listed[] {
  const wanted = search.trim().toLowerCase();
  return features.filter(({ feature_id, entry }) => {
    if (shown === "unwritten" && entry) return false;
    if (shown !== "all" && shown !== "unwritten" && entry?.state !== shown) return false;
    const texts = [
      feature_id,
      entry?.name,
      entry?.owner,
      entry?.description,
      ...(entry?.tags ?? []),
    ];
    return texts.some((text) => text?.toLowerCase().includes(wanted));
  });
}

// "a, b ,, c" as people type tags.
export function tagsIn(text: string): string[] {
  const tags = text.split(/[,;]/).map((tag) => tag.trim());
  return [...new Set(tags.filter(Boolean))];
}
