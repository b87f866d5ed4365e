// What can be chosen about a trend. What no rollup can answer is disabled, with its reason below.
import type { Dimensions } from "../../api";
import { Popover } from "../../components/Popover";
import { type Choice, Segmented } from "../../components/Segmented";
import type { ProjectContext } from "../../context";
import { type DateRange, type Grain, lengthOf } from "../../time";
import { FeaturePicker } from "../filters/FeaturePicker";
import { FilterBar, MenuItem } from "../filters/FilterBar";
import { RangePicker } from "../filters/RangePicker";
import { nameOfDimension, type Wish, whyNot } from "./planner";
import { grainOf, hasParts } from "./question";
import { type Metric, type Mode, mostFeatures, type TrendView } from "./view";

interface TrendToolbarProps {
  view: TrendView;
  context: ProjectContext;
  range: DateRange;
  dimensions: Dimensions | null;
  onShow: (change: Partial<TrendView>) => void;
}

export function TrendToolbar({ view, context, range, dimensions, onShow }: TrendToolbarProps) {
  const rollups = dimensions?.rollups ?? null;
  const reasonFor = (wish: Wish) => (rollups ? whyNot(wish, rollups) : null);
  const usersReason = reasonFor({ ...view, metric: "users" });
  const shareReason = hasParts(view) ? null : "Choose features or a breakdown to see their share.";
  const hints: string[] = [];
  if (usersReason) hints.push(`Users: ${usersReason}`);
  if (shareReason && view.mode === "share") hints.push(`Share: ${shareReason}`);

  return (
    <div class="toolbar">
      <div class="toolbar-row">
        {view.features.map((feature) => (
          <span class="chip" key={feature}>
            <span class="chip-text">{feature}</span>
            <button
              type="button"
              class="chip-remove"
              aria-label={`Remove ${feature}`}
              onClick={() => onShow({ features: view.features.filter((one) => one !== feature) })}
            >
              <span class="icon icon-cross" aria-hidden="true" />
            </button>
          </span>
        ))}
        <FeaturePicker
          project={context.project.id}
          range={range}
          picked={view.features}
          most={view.by ? 1 : mostFeatures}
          onPick={(features) => onShow({ features })}
        />
        <FilterBar
          project={context.project.id}
          range={range}
          wish={view}
          dimensions={dimensions}
          onChange={(filters) => onShow({ filters })}
        />
        <BreakdownMenu view={view} dimensions={dimensions} onShow={onShow} />
        <RangePicker
          choice={view.range}
          context={context}
          onChoose={(chosen) => onShow({ range: chosen, grain: null })}
        />
      </div>
      <div class="toolbar-row">
        <Segmented<Grain>
          name="Grain"
          value={grainOf(view, context)}
          choices={grainChoices(range)}
          onChoose={(grain) => onShow({ grain })}
        />
        <Segmented<Metric>
          name="What is counted"
          value={view.metric}
          choices={[
            { value: "clicks", label: "Clicks" },
            { value: "users", label: "Users", whyNot: usersReason },
          ]}
          onChoose={(metric) => onShow({ metric })}
        />
        <Segmented<Mode>
          name="Compared as"
          value={view.mode}
          choices={[
            { value: "absolute", label: "Absolute" },
            { value: "share", label: "Share", whyNot: shareReason },
            { value: "indexed", label: "Indexed" },
          ]}
          onChoose={(mode) => onShow({ mode })}
        />
        <label class="switch">
          <input
            type="checkbox"
            checked={view.isCompared}
            onChange={(event) => onShow({ isCompared: event.currentTarget.checked })}
          />
          <span>Period before</span>
        </label>
      </div>
      {hints.length > 0 && <p class="hint toolbar-hint">{hints.join(" ")}</p>}
    </div>
  );
}

// Finer than this would be more points than pixels.
const mostDays: Record<Grain, number> = { hour: 92, day: 1_100, week: 7_700, month: 36_600 };

function grainChoices(range: DateRange): Choice<Grain>[] {
  const days = lengthOf(range);
  const names: [Grain, string][] = [
    ["hour", "Hour"],
    ["day", "Day"],
    ["week", "Week"],
    ["month", "Month"],
  ];
  return names.map(([value, label]) => ({
    value,
    label,
    whyNot:
      days > mostDays[value] ? `Too many points: choose ${mostDays[value]} days or fewer.` : null,
  }));
}

type BreakdownProps = Pick<TrendToolbarProps, "view" | "dimensions" | "onShow">;

function BreakdownMenu({ view, dimensions, onShow }: BreakdownProps) {
  const tooMany =
    view.features.length > 1 ? "A breakdown shows one feature, or all together." : null;
  return (
    <Popover
      name="Break down by"
      label={
        <>
          <span class="icon icon-split" aria-hidden="true" />
          {view.by ? (
            <>
              By <strong>{nameOfDimension(view.by)}</strong>
            </>
          ) : (
            "Break down"
          )}
        </>
      }
    >
      {(close) => {
        const choose = (by: string | null) => {
          onShow({ by });
          close();
        };
        return (
          <ul class="menu">
            <li>
              <MenuItem
                label="No breakdown"
                isCurrent={view.by === null}
                reason={null}
                onChoose={() => choose(null)}
              />
            </li>
            {dimensions?.dimensions.map(({ name }) => (
              <li key={name}>
                <MenuItem
                  label={nameOfDimension(name)}
                  isCurrent={view.by === name}
                  reason={tooMany ?? whyNot({ ...view, by: name }, dimensions.rollups)}
                  onChoose={() => choose(name)}
                />
              </li>
            ))}
          </ul>
        );
      }}
    </Popover>
  );
}
