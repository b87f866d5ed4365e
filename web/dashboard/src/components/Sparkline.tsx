// A small trend in a table row, its unfinished tail dotted. The numbers stand beside it, so it is
// decoration for a screen reader.
import { splitAtUnfinished } from "./pieces";

interface SparklineProps {
  values: readonly (number | null)[];
  completeCount: number;
}

const width = 96;
const height = 24;

export function Sparkline({ values, completeCount }: SparklineProps) {
  const { complete, tail } = splitAtUnfinished(values, completeCount);
  const last = complete.findLastIndex((value) => value !== null);
  const lastValue = complete[last] ?? null;
  const { x, y } = scalesOf(values);
  return (
    <svg class="sparkline" viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
      <path d={pathOf(complete, values)} />
      <path d={pathOf(tail, values)} class="sparkline-tail" />
      {lastValue !== null && <circle cx={x(last)} cy={y(lastValue)} r="2" />}
    </svg>
  );
}

function scalesOf(values: SparklineProps["values"]) {
  const most = Math.max(1, ...values.map((value) => value ?? 0));
  const step = values.length > 1 ? (width - 4) / (values.length - 1) : 0;
  return {
    x: (index: number) => (2 + index * step).toFixed(1),
    y: (value: number) => (height - 3 - (value / most) * (height - 6)).toFixed(1),
  };
}

// Broken where a value is not known. Scaled by all values of the row.
export function pathOf(
  piece: readonly (number | null)[],
  values: SparklineProps["values"],
): string {
  const { x, y } = scalesOf(values);
  let path = "";
  let isDrawing = false;
  for (const [index, value] of piece.entries()) {
    if (value !== null) path += `${isDrawing ? "L" : "M"}${x(index)} ${y(value)}`;
    isDrawing = value !== null;
  }
  return path;
}
