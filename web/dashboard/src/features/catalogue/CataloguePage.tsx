// Features: what each is, who owns it, and whether it is clicked. People write it here.
import { useState } from "preact/hooks";
import { addressOfQuestion, type Catalogue, type Features, useAnswer } from "../../api";
import { Problem } from "../../components/Problem";
import { Skeleton } from "../../components/Skeleton";
import type { ProjectContext } from "../../context";
import { writeCount } from "../../numbers";
import { addDays } from "../../time";
import { addressOf, go, place } from "../../url";
import { AttentionNote } from "./AttentionNote";
import { CatalogueTable } from "./CatalogueTable";
import { EntryDialog } from "./EntryDialog";
import { type Listed, listed, matching, type Shown, states } from "./entries";
import { addressOfCatalogue } from "./writing";

const daysShown = 28;
const mostFeatures = 1_000; // that one answer holds

const choices: { value: Shown; label: string }[] = [
  { value: "all", label: "All states" },
  ...states.map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) })),
  { value: "unwritten", label: "No entry" },
];

export function CataloguePage({ context }: { context: ProjectContext }) {
  const project = context.project.id;
  const { params } = place.value;
  const search = params.get("search") ?? "";
  const shown = choices.find(({ value }) => value === params.get("state"))?.value ?? "all";
  const [edited, setEdited] = useState<Listed | "new" | null>(null);
  const catalogue = useAnswer<Catalogue>(addressOfCatalogue(project));
  const clicks = useAnswer<Features>(
    addressOfQuestion("/api/v1/features", {
      project,
      from: addDays(context.today, 1 - daysShown),
      to: addDays(context.today, 1),
      limit: mostFeatures,
    }),
  );
  const show = (change: { search?: string; state?: Shown }) => {
    const next = new URLSearchParams();
    const wanted = { search, state: shown, ...change };
    if (wanted.search) next.set("search", wanted.search);
    if (wanted.state !== "all") next.set("state", wanted.state);
    go(addressOf("/features", next), "replace");
  };

  if (catalogue.state === "failed") {
    return (
      <section class="card">
        <h1 class="visually-hidden">Features</h1>
        <Problem problem={catalogue.problem} onRetry={catalogue.retry} />
      </section>
    );
  }
  const rows = clicks.state === "ready" ? clicks.value.features : [];
  const isAll = clicks.state === "ready" && clicks.value.feature_count <= rows.length;
  const all = catalogue.state === "ready" ? listed(catalogue.value, rows, isAll) : [];
  const found = matching(all, shown, search);
  return (
    <>
      <h1 class="visually-hidden">Features</h1>
      <div class="toolbar">
        <div class="toolbar-row">
          <input
            type="search"
            class="input search"
            aria-label="Search features"
            placeholder="Search ids, names, owners, tags"
            autocomplete="off"
            spellcheck={false}
            maxLength={128}
            value={search}
            onInput={(event) => show({ search: event.currentTarget.value })}
          />
          <select
            class="input"
            aria-label="State"
            value={shown}
            onChange={(event) => show({ state: event.currentTarget.value as Shown })}
          >
            {choices.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
          <button type="button" class="button" onClick={() => setEdited("new")}>
            <span class="icon icon-plus" aria-hidden="true" />
            Add a feature
          </button>
        </div>
      </div>
      <AttentionNote project={project} />
      <section class="card" aria-label="Features">
        {catalogue.state === "loading" || clicks.state === "loading" ? (
          <Skeleton height={420} label="Loading the features" />
        ) : (
          <>
            <div class="figure-head">
              <div>
                <h2>{titleOf(found.length, all.length)}</h2>
                <p class="soft">{subtitleOf(all)}</p>
              </div>
            </div>
            {found.length === 0 ? (
              <p class="nothing" role="status">
                {all.length === 0
                  ? "No feature has been clicked or written about yet."
                  : "No feature is like this. Search for something else, or show all states."}
              </p>
            ) : (
              <CatalogueTable features={found} daysShown={daysShown} onEdit={setEdited} />
            )}
          </>
        )}
      </section>
      {edited && (
        <EntryDialog
          key={edited === "new" ? "" : edited.feature_id}
          project={project}
          feature={edited === "new" ? null : edited}
          ids={all.map(({ feature_id }) => feature_id)}
          onClose={() => setEdited(null)}
        />
      )}
    </>
  );
}

function titleOf(found: number, all: number): string {
  const features = all === 1 ? "1 feature" : `${writeCount(all)} features`;
  return found === all ? features : `${writeCount(found)} of ${features}`;
}

function subtitleOf(all: readonly Listed[]): string {
  const written = all.filter(({ entry }) => entry).length;
  const clicked = all.filter(({ clicks }) => clicks).length;
  return `${writeCount(clicked)} clicked in the last ${daysShown} days, ${writeCount(written)} with an entry`;
}
