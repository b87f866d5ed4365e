// Filters by dimension: a chip for each that is set, and a menu to add one. A dimension that cannot
// be asked together with the rest is disabled and says why.
import { useState } from "preact/hooks";
import { addressOfQuestion, type Dimensions, type Filters, useAnswer } from "../../api";
import { PickList } from "../../components/PickList";
import { Popover } from "../../components/Popover";
import { useSettled } from "../../components/use_settled";
import { writeCount } from "../../numbers";
import { addDays, type DateRange } from "../../time";
import { nameOfValue } from "../trend/lines";
import { nameOfDimension, type Wish, whyNot } from "../trend/planner";

export interface FilterBarProps {
  project: string;
  range: DateRange;
  wish: Wish;
  dimensions: Dimensions | null; // null while loading
  onChange: (filters: Filters) => void;
}

export function FilterBar(props: FilterBarProps) {
  const { wish, onChange } = props;
  const set = (dimension: string, values: string[]) => {
    const { [dimension]: _, ...others } = wish.filters;
    onChange(values.length > 0 ? { ...others, [dimension]: values } : others);
  };
  return (
    <>
      {Object.entries(wish.filters).map(([dimension, values]) => (
        <span class="chip" key={dimension}>
          <Popover
            name={`Filter by ${nameOfDimension(dimension)}`}
            class="chip-label"
            label={
              <>
                {nameOfDimension(dimension)}: <strong>{valuesText(dimension, values)}</strong>
              </>
            }
          >
            {() => (
              <ValueList
                {...props}
                dimension={dimension}
                picked={values}
                onPick={(picked) => set(dimension, picked)}
              />
            )}
          </Popover>
          <button
            type="button"
            class="chip-remove"
            aria-label={`Remove the filter by ${nameOfDimension(dimension)}`}
            onClick={() => set(dimension, [])}
          >
            <span class="icon icon-cross" aria-hidden="true" />
          </button>
        </span>
      ))}
      <Popover
        name="Add a filter"
        label={
          <>
            <span class="icon icon-filter" aria-hidden="true" />
            Filter
          </>
        }
      >
        {() => <FilterMenu {...props} onSet={set} />}
      </Popover>
    </>
  );
}

function valuesText(dimension: string, values: readonly string[]): string {
  const first = values.slice(0, 2).map((value) => nameOfValue(value, dimension));
  return values.length > 2 ? `${first.join(", ")} +${values.length - 2}` : first.join(", ");
}

interface FilterMenuProps extends FilterBarProps {
  onSet: (dimension: string, values: string[]) => void;
}

// First the dimension, then its values.
function FilterMenu(props: FilterMenuProps) {
  const { wish, dimensions, onSet } = props;
  const [dimension, setDimension] = useState<string | null>(null);
  if (!dimensions) return <p class="hint">Looking …</p>;
  if (dimension !== null) {
    return (
      <>
        <button type="button" class="menu-back" onClick={() => setDimension(null)}>
          <span aria-hidden="true">←</span> {nameOfDimension(dimension)}
        </button>
        <ValueList
          {...props}
          dimension={dimension}
          picked={wish.filters[dimension] ?? []}
          onPick={(picked) => onSet(dimension, picked)}
        />
      </>
    );
  }
  return (
    <ul class="menu">
      {dimensions.dimensions.map(({ name, value_count }) => {
        const filters = { ...wish.filters, [name]: wish.filters[name] ?? ["?"] };
        const reason = whyNot({ ...wish, filters }, dimensions.rollups);
        return (
          <li key={name}>
            <MenuItem
              label={nameOfDimension(name)}
              count={`${writeCount(value_count)} values`}
              reason={reason}
              onChoose={() => setDimension(name)}
            />
          </li>
        );
      })}
    </ul>
  );
}

interface MenuItemProps {
  label: string;
  count?: string;
  isCurrent?: boolean;
  reason: string | null;
  onChoose: () => void;
}

// Stays reachable when it is disabled, so that its reason can be read.
export function MenuItem({ label, count, isCurrent, reason, onChoose }: MenuItemProps) {
  return (
    <button
      type="button"
      class="menu-item"
      aria-disabled={reason !== null}
      aria-pressed={isCurrent}
      onClick={() => {
        if (reason === null) onChoose();
      }}
    >
      <span class="menu-label">
        {label}
        {count && <span class="pick-count">{count}</span>}
      </span>
      {reason !== null && <span class="menu-reason">{reason}</span>}
    </button>
  );
}

interface ValueListProps extends FilterBarProps {
  dimension: string;
  picked: readonly string[];
  onPick: (values: string[]) => void;
}

const shown = 60;

function ValueList({ project, range, wish, dimension, picked, onPick }: ValueListProps) {
  // A click can be in several experiments at once: their clicks must not be added up.
  const isOneOnly = dimension === "experiment" && wish.by !== "experiment";
  const [search, setSearch] = useState("");
  const settled = useSettled(search.trim());
  const answer = useAnswer<Dimensions>(
    addressOfQuestion("/api/v1/dimensions", {
      project,
      from: range.from,
      to: addDays(range.to, 1),
      dimension,
      search: settled || undefined,
      limit: shown,
    }),
  );
  const found =
    answer.state === "ready"
      ? answer.value.dimensions.find(({ name }) => name === dimension)
      : null;
  const more = (found?.value_count ?? 0) - (found?.values.length ?? 0);
  return (
    <PickList
      name={nameOfDimension(dimension)}
      search={search}
      onSearch={setSearch}
      options={(found?.values ?? []).map(({ value, clicks }) => ({
        value,
        label: nameOfValue(value, dimension),
        count: writeCount(clicks),
      }))}
      picked={picked}
      most={isOneOnly ? 1 : undefined}
      note={noteOf(answer.state, found?.values.length ?? 0, more)}
      onPick={onPick}
    />
  );
}

function noteOf(state: string, count: number, more: number): string | undefined {
  if (state === "loading") return "Looking …";
  if (state === "failed") return "The values could not be loaded.";
  if (count === 0) return "No value here in these days.";
  return more > 0 ? `${writeCount(more)} more: search to find them.` : undefined;
}
