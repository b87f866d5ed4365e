// A small trend in a table row. The numbers stand beside it, so it is decoration for a screen reader.
interface SparklineProps {
  values: readonly (number | null)[];
  width?: number;
  height?: number;
}

export function Sparkline({ values, width = 96, height = 24 }: SparklineProps) {
  const most = Math.max(1, ...values.map((value) => value ?? 0));
  const step = values.length > 1 ? (width - 4) / (values.length - 1) : 0;
  const x = (index: number) => (2 + index * step).toFixed(1);
  const y = (value: number) => (height - 2 - (value / most) * (height - 4)).toFixed(1);

  let path = "";
  let isDrawing = false;
  for (const [index, value] of values.entries()) {
    if (value === null) {
      isDrawing = false;
      continue;
    }
    path += `${isDrawing ? "L" : "M"}${x(index)} ${y(value)}`;
    isDrawing = true;
  }
  const last = values.findLastIndex((value) => value !== null);
  const lastValue = values[last] ?? null;
  return (
    <svg class="sparkline" viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
      <path d={path} />
      {lastValue !== null && <circle cx={x(last)} cy={y(lastValue)} r="2" />}
    </svg>
  );
}
