// Lines over time with a cursor that mouse, finger and keyboard share. uPlot draws (uplot_options.ts);
// this file owns its life, the tooltip and what a screen reader hears.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Unit } from "../numbers";
import { theme } from "../theme";
import type { Grain } from "../time";
import { type ChartModel, classOfLine, dataOf, optionsOf } from "./uplot_options";

export interface ChartLine {
  key: string;
  name: string;
  color: number; // 0 to 9, of the palette in tokens.css
  values: readonly (number | null)[];
  previous: readonly (number | null)[] | null;
}

interface LineChartProps {
  name: string; // what the chart is about
  labels: readonly string[]; // of the buckets, as the server gave them
  grain: Grain;
  lines: readonly ChartLine[];
  completeBuckets: number;
  knownBuckets: number; // those after have not begun
  unit: Unit;
  height: number;
  emphasised: string | null; // key of a line; the others step back
  describe: (bucket: number) => string; // for the live region
  tooltip: (bucket: number) => ComponentChildren;
}

export function LineChart(props: LineChartProps) {
  const { labels, height } = props;
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const bucket = useSignal<number | null>(null);
  const spoken = useSignal("");
  const hintId = useId();
  const model: ChartModel = { ...props, theme: theme.value };
  const shape = shapeOf(model);

  // A new shape (other lines, buckets, colours) needs a new chart; new numbers do not.
  useLayoutEffect(() => {
    const parent = canvas.current;
    if (!parent || !canDraw()) return;
    const made = new uPlot(
      optionsOf(model, parent.clientWidth, (index) => {
        bucket.value = index;
      }),
      dataOf(model),
      parent,
    );
    chart.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: parent.clientWidth, height });
    });
    observer.observe(parent);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [shape, height]);

  useEffect(() => {
    chart.current?.setData(dataOf(model));
  }, [props.lines]);

  useEffect(() => {
    const made = chart.current;
    if (!made) return;
    const front = props.lines.findIndex(({ key }) => key === props.emphasised);
    for (const series of made.series) {
      series.alpha = front < 0 || series.class === classOfLine(front) ? 1 : 0.18;
    }
    made.redraw(false, false);
  }, [props.emphasised, shape]);

  const moveTo = (index: number | null) => {
    const made = chart.current;
    bucket.value = index;
    spoken.value = index === null ? "" : props.describe(index);
    made?.setCursor(
      index === null
        ? { left: -10, top: -10 }
        : { left: made.valToPos(index, "x"), top: made.over.clientHeight / 2 },
      false,
    );
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const target = targetOf(event.key, bucket.value, labels.length);
    if (target === undefined) return;
    event.preventDefault();
    moveTo(target);
  };

  return (
    <div
      class="chart"
      ref={frame}
      role="application"
      aria-roledescription="chart"
      aria-label={props.name}
      aria-describedby={hintId}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard moves the cursor along the line
      tabIndex={0}
      onKeyDown={onKeyDown}
      onBlur={() => moveTo(null)}
    >
      <div class="chart-canvas" ref={canvas} style={{ height: `${height}px` }} aria-hidden="true" />
      {bucket.value !== null && bucket.value < labels.length && (
        <div class="tooltip" style={tooltipPlace(chart.current, bucket.value)} aria-hidden="true">
          {props.tooltip(bucket.value)}
        </div>
      )}
      <p class="visually-hidden" id={hintId}>
        Left and right arrows read the buckets one by one, Home and End go to the first and the
        last. The same numbers are in the table view.
      </p>
      <p class="visually-hidden" aria-live="polite">
        {spoken.value}
      </p>
    </div>
  );
}

// Where a key moves the cursor; undefined for keys that mean nothing here.
export function targetOf(
  key: string,
  current: number | null,
  count: number,
): number | null | undefined {
  const last = count - 1;
  const from = current ?? (key === "ArrowLeft" || key === "PageUp" ? count : -1);
  const within = (index: number) => Math.max(0, Math.min(last, index));
  switch (key) {
    case "ArrowLeft":
      return within(from - 1);
    case "ArrowRight":
      return within(from + 1);
    case "PageUp":
      return within(from - 7);
    case "PageDown":
      return within(from + 7);
    case "Home":
      return 0;
    case "End":
      return last;
    case "Escape":
      return null;
    default:
      return undefined;
  }
}

function shapeOf(model: ChartModel): string {
  const lines = model.lines.map(({ key, color, previous }) => [key, color, previous !== null]);
  const { grain, completeBuckets, knownBuckets, unit, labels } = model;
  return JSON.stringify([
    model.theme,
    grain,
    unit,
    labels.length,
    labels[0],
    completeBuckets,
    knownBuckets,
    lines,
  ]);
}

// Beside the cursor, on the side where there is room.
function tooltipPlace(made: uPlot | null, index: number): Record<string, string> {
  if (!made) return {};
  const left = made.over.offsetLeft + made.valToPos(index, "x");
  const width = made.width;
  return left > width / 2
    ? { right: `${Math.max(0, width - left + 14)}px` }
    : { left: `${Math.max(0, left + 14)}px` };
}

// Without a canvas (some hardened browsers) the table still has every number.
function canDraw(): boolean {
  try {
    return document.createElement("canvas").getContext("2d") !== null;
  } catch {
    return false;
  }
}
