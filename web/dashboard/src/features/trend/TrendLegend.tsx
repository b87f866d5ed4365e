// The lines by name with their totals; pointing at one brings it forward.
import type { Series } from "../../api";
import { Breakable } from "../../components/Breakable";
import { Delta } from "../../components/Delta";
import { Swatch } from "../../components/Swatch";
import { writeCount, writeShare } from "../../numbers";
import type { Names } from "../catalogue/names";
import type { TrendLine } from "./lines";
import type { TrendView } from "./view";

interface TrendLegendProps {
  view: TrendView;
  series: Series;
  names: Names;
  lines: readonly TrendLine[];
  onEmphasise: (key: string | null) => void;
  onShow: (change: Partial<TrendView>) => void;
}

export function TrendLegend({ view, series, names, lines, onEmphasise, onShow }: TrendLegendProps) {
  const isShare = view.mode === "share";
  const totalName = series.metric === "users" ? "Different users" : "Clicks";
  return (
    <div class="table-scroll">
      <table class="legend">
        <caption class="visually-hidden">Totals of the lines shown</caption>
        <thead>
          <tr>
            <th scope="col">{series.by ? "Value" : "Feature"}</th>
            <th scope="col" class="number">
              {isShare ? "Share" : totalName}
            </th>
            {view.isCompared && (
              <>
                <th scope="col" class="number">
                  Before
                </th>
                <th scope="col" class="number">
                  Change
                </th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr
              key={line.key}
              onMouseEnter={() => onEmphasise(line.key)}
              onMouseLeave={() => onEmphasise(null)}
            >
              <th scope="row">
                <span class="legend-cell">
                  <Swatch color={line.color} />
                  <span>
                    {line.feature && names.has(line.feature) && (
                      <span class="entry-name">{names.get(line.feature)}</span>
                    )}
                    <LegendName line={line} view={view} onShow={onShow} />
                  </span>
                </span>
              </th>
              <td class="number">{isShare ? writeShare(line.total) : writeCount(line.total)}</td>
              {view.isCompared && (
                <>
                  <td class="number soft">{writeCount(line.before)}</td>
                  <td class="number">
                    <Delta
                      value={line.change}
                      hint="The part that has elapsed so far, against the same part of the period before"
                    />
                  </td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type LegendNameProps = Pick<TrendLegendProps, "view" | "onShow"> & { line: TrendLine };

// A value of a breakdown leads to that value alone.
function LegendName({ line, view, onShow }: LegendNameProps) {
  const { by } = view;
  const value = line.value;
  if (!by || value === null || value.startsWith("(")) {
    return (
      <span class="legend-name">
        <Breakable text={line.name} />
      </span>
    );
  }
  return (
    <button
      type="button"
      class="legend-name link"
      title={`Show only ${value}`}
      onClick={() => onShow({ by: null, filters: { ...view.filters, [by]: [value] } })}
    >
      <Breakable text={line.name} />
    </button>
  );
}
