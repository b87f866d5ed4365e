// Top features: what is clicked most in a range, how it changed, and what fell silent.
import { useEffect, useState } from "preact/hooks";
import { addressOfQuestion, type Dimensions, type Features, useAnswer } from "../../api";
import { Problem } from "../../components/Problem";
import { Skeleton } from "../../components/Skeleton";
import { useSettled } from "../../components/use_settled";
import type { ProjectContext } from "../../context";
import { rangeOf } from "../../periods";
import { addDays } from "../../time";
import { addressOf, go, place } from "../../url";
import { useNames } from "../catalogue/names";
import { FilterBar } from "../filters/FilterBar";
import { RangePicker } from "../filters/RangePicker";
import { whyNot } from "../trend/planner";
import { askedRange } from "../trend/question";
import { TopTable } from "./TopTable";
import { type TopView, topParamsOf, topViewOf } from "./view";

export function TopPage({ context }: { context: ProjectContext }) {
  const view = topViewOf(place.value.params);
  const range = rangeOf(view.range, context.today, context.weekStart);
  const asked = askedRange(view.range, context);
  const days = { project: context.project.id, from: asked.from, to: addDays(asked.to, 1) };
  const question = {
    ...days,
    order: view.order,
    limit: view.rows,
    search: view.search || undefined,
    users: view.hasUsers ? 1 : undefined,
  };
  const features = useAnswer<Features>(
    addressOfQuestion("/api/v1/features", { ...question, trend: 1 }, view.filters),
  );
  const dimensions = useAnswer<Dimensions>(addressOfQuestion("/api/v1/dimensions", days));
  const names = useNames(context.project.id);
  const known = dimensions.state === "ready" ? dimensions.value : null;
  const wish = { metric: "clicks", by: null, filters: view.filters } as const;
  const usersReason = known ? whyNot({ ...wish, metric: "users" }, known.rollups) : null;
  const show = (change: Partial<TopView>, how: "push" | "replace" = "push") => {
    go(addressOf("/top", topParamsOf({ ...view, ...change })), how);
  };

  return (
    <>
      <h1 class="visually-hidden">Top features</h1>
      <div class="toolbar">
        <div class="toolbar-row">
          <SearchField text={view.search} onSearch={(search) => show({ search }, "replace")} />
          <FilterBar
            project={context.project.id}
            range={range}
            wish={wish}
            dimensions={known}
            onChange={(filters) => show({ filters })}
          />
          <RangePicker
            choice={view.range}
            context={context}
            onChoose={(chosen) => show({ range: chosen })}
          />
          <label class="switch" title={usersReason ?? undefined}>
            <input
              type="checkbox"
              checked={view.hasUsers}
              disabled={usersReason !== null && !view.hasUsers}
              onChange={(event) =>
                show(
                  event.currentTarget.checked
                    ? { hasUsers: true }
                    : { hasUsers: false, order: view.order === "users" ? "clicks" : view.order },
                )
              }
            />
            <span>Users</span>
          </label>
        </div>
        {usersReason && <p class="hint toolbar-hint">Users: {usersReason}</p>}
      </div>
      <section class="card" aria-label="Top features">
        {features.state === "loading" && <Skeleton height={560} label="Loading the features" />}
        {features.state === "failed" && (
          <Problem problem={features.problem} onRetry={features.retry} />
        )}
        {features.state === "ready" && (
          <TopTable
            view={view}
            features={features.value}
            names={names}
            isOutdated={features.isOutdated}
            csvAddress={addressOfQuestion("/api/v1/features.csv", question, view.filters)}
            onShow={show}
          />
        )}
      </section>
    </>
  );
}

interface SearchFieldProps {
  text: string;
  onSearch: (text: string) => void;
}

function SearchField({ text, onSearch }: SearchFieldProps) {
  const [typed, setTyped] = useState(text);
  const settled = useSettled(typed.trim());
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (settled !== text && settled === typed.trim()) onSearch(settled);
  }, [settled]);
  return (
    <input
      type="search"
      class="input search"
      aria-label="Search features"
      placeholder="Search features"
      autocomplete="off"
      spellcheck={false}
      maxLength={128}
      value={typed}
      onInput={(event) => setTyped(event.currentTarget.value)}
    />
  );
}
