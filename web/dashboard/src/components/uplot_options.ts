// How uPlot is asked to draw our lines: buckets stand at 0, 1, 2 ... (their labels come from the
// server, so no zone is computed), a line's unfinished tail is dotted over a hatched ground, and the
// period before is dashed.
import type uPlot from "uplot";
import { type Unit, writeAxis } from "../numbers";
import type { Theme } from "../theme";
import type { Grain } from "../time";
import type { ChartLine } from "./LineChart";
import { splitAtUnfinished } from "./pieces";
import { ticksOf } from "./ticks";

export interface ChartModel {
  labels: readonly string[];
  grain: Grain;
  lines: readonly ChartLine[];
  completeBuckets: number;
  knownBuckets: number;
  unit: Unit;
  height: number;
  theme: Theme;
}

const tickWidth = 58; // pixels a label of the time axis needs

export function dataOf({ labels, lines, completeBuckets }: ChartModel): uPlot.AlignedData {
  const rows: (number | null)[][] = [];
  for (const { values, previous } of lines) {
    const { complete, tail } = splitAtUnfinished(values, completeBuckets);
    rows.push(complete, tail);
    if (previous) rows.push([...previous]);
  }
  return [labels.map((_, index) => index), ...rows];
}

export function optionsOf(
  model: ChartModel,
  width: number,
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const count = model.labels.length;
  const soft = colorOf("--text-soft");
  const font = `12px ${colorOf("--font")}`;
  return {
    width,
    height: model.height,
    padding: [14, 14, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7, width: 2 } },
    scales: {
      x: { time: false, range: () => (count > 1 ? [-0.25, count - 0.75] : [-0.5, 0.5]) },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.06 : 1] },
    },
    axes: [
      {
        stroke: soft,
        font,
        grid: { show: false },
        ticks: { stroke: colorOf("--line"), size: 5, width: 1 },
        gap: 6,
        size: 34,
        splits: (chart) => ticksFor(model, chart.width).map(({ index }) => index),
        values: (chart) => ticksFor(model, chart.width).map(({ text }) => text),
      },
      {
        stroke: soft,
        font,
        grid: { stroke: colorOf("--line"), width: 1 },
        ticks: { show: false },
        gap: 8,
        space: 44,
        incrs: model.unit === "count" ? wholeSteps : null,
        size: (_, texts) => 20 + 7 * Math.max(2, ...(texts ?? []).map((text) => text.length)),
        values: (_, splits) => splits.map((value) => writeAxis(value, model.unit)),
      } as uPlot.Axis,
    ],
    series: [{}, ...model.lines.flatMap((line, index) => seriesOf(line, index, model))],
    hooks: {
      drawClear: [(chart) => hatchUnfinished(chart, model)],
      setCursor: [(chart) => onCursor(chart.cursor.idx ?? null)],
    },
  };
}

// 1, 2, 5, 10, 20 ...: clicks have no halves.
const wholeSteps = Array.from({ length: 36 }, (_, index) => {
  const digit = [1, 2, 5][index % 3] ?? 1;
  return digit * 10 ** Math.floor(index / 3);
});

function ticksFor(model: ChartModel, width: number) {
  return ticksOf(model.labels, model.grain, Math.max(2, Math.floor((width - 60) / tickWidth)));
}

// uPlot puts the class on elements of its own, so it is a plain one; the chart finds lines by it.
export const classOfLine = (index: number) => `line-${index}`;

function seriesOf(line: ChartLine, index: number, model: ChartModel): uPlot.Series[] {
  const stroke = colorOf(`--series-${line.color % 10}`);
  const isSparse = model.labels.length <= 40;
  const base: uPlot.Series = { label: line.name, class: classOfLine(index), stroke, width: 2 };
  const points = { show: isSparse ? true : undefined, size: isSparse ? 5 : 4, fill: stroke };
  const isAlone = model.lines.length === 1;
  const parts: uPlot.Series[] = [
    {
      ...base,
      ...(isAlone ? { fill: `${stroke}14` } : {}),
      points: points as uPlot.Series.Points,
    },
    {
      ...base,
      dash: [2, 4],
      points: { ...points, show: true, size: 6, fill: colorOf("--surface"), width: 2 },
    },
  ];
  if (line.previous) {
    parts.push({
      ...base,
      stroke: `${stroke}a6`,
      width: 1.5,
      dash: [7, 5],
      points: { show: false },
    });
  }
  return parts;
}

// The ground of the buckets that still grow: visible without colour, and named in the caption.
function hatchUnfinished(chart: uPlot, { completeBuckets, knownBuckets }: ChartModel): void {
  if (completeBuckets >= knownBuckets) return;
  const { ctx, bbox } = chart;
  const from = Math.max(bbox.left, chart.valToPos(completeBuckets - 0.5, "x", true));
  const to = Math.min(bbox.left + bbox.width, chart.valToPos(knownBuckets - 0.5, "x", true));
  const step = 7 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(from, bbox.top, to - from, bbox.height);
  ctx.clip();
  ctx.strokeStyle = colorOf("--line");
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (let x = from - bbox.height; x < to; x += step) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.restore();
}

function colorOf(token: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(token).trim();
}
