// Which days: by name, or free with two native date fields.
import { useState } from "preact/hooks";
import { Popover } from "../../components/Popover";
import type { ProjectContext } from "../../context";
import { nameOf, presets, type RangeChoice, rangeOf } from "../../periods";
import { type DateRange, isLocalDate, writeRange } from "../../time";

interface RangePickerProps {
  choice: RangeChoice;
  context: ProjectContext;
  onChoose: (choice: RangeChoice) => void;
}

export function RangePicker({ choice, context, onChoose }: RangePickerProps) {
  const range = rangeOf(choice, context.today, context.weekStart);
  const label = "preset" in choice ? nameOf(choice.preset) : writeRange(range);
  return (
    <Popover
      name="Date range"
      label={
        <>
          <span class="icon icon-calendar" aria-hidden="true" />
          {label}
        </>
      }
    >
      {(close) => {
        const choose = (chosen: RangeChoice) => {
          onChoose(chosen);
          close();
        };
        return (
          <div class="range-picker">
            <ul class="preset-list">
              {presets.map(([preset, name]) => (
                <li key={preset}>
                  <button
                    type="button"
                    class="menu-item"
                    aria-pressed={"preset" in choice && choice.preset === preset}
                    onClick={() => choose({ preset })}
                  >
                    {name}
                  </button>
                </li>
              ))}
            </ul>
            <FreeRange range={range} latest={context.today} onChoose={choose} />
          </div>
        );
      }}
    </Popover>
  );
}

interface FreeRangeProps {
  range: DateRange;
  latest: string;
  onChoose: (range: DateRange) => void;
}

function FreeRange({ range, latest, onChoose }: FreeRangeProps) {
  const [from, setFrom] = useState(range.from);
  const [to, setTo] = useState(range.to);
  const isPossible = isLocalDate(from) && isLocalDate(to) && from <= to;
  const onSubmit = (event: Event) => {
    event.preventDefault();
    if (isPossible) onChoose({ from, to });
  };
  return (
    <form class="free-range" onSubmit={onSubmit}>
      <label>
        From
        <input
          type="date"
          class="input"
          value={from}
          max={latest}
          onInput={(event) => setFrom(event.currentTarget.value)}
        />
      </label>
      <label>
        To, included
        <input
          type="date"
          class="input"
          value={to}
          max={latest}
          onInput={(event) => setTo(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button button-primary" disabled={!isPossible}>
        Show these days
      </button>
      {!isPossible && <p class="hint">The first day has to come before the last.</p>}
    </form>
  );
}
