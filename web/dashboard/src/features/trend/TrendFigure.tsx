// One trend, drawn: caption, chart or table, legend with totals, and what a reader should know.
import { useMemo, useState } from "preact/hooks";
import type { Series } from "../../api";
import { LineChart } from "../../components/LineChart";
import { NumbersTable } from "../../components/NumbersTable";
import { saveCsv } from "../../components/sheet";
import { now, type ProjectContext } from "../../context";
import { writeMoment, writeRange } from "../../time";
import type { Names } from "../catalogue/names";
import { captionOf, describe, nothingText, rangeOfMoments, unfinishedText } from "./captions";
import { hasNothing, knownBuckets, linesOf, sheetOf, unitOf } from "./lines";
import { TrendLegend } from "./TrendLegend";
import { TrendNotes } from "./TrendNotes";
import { TrendTooltip } from "./TrendTooltip";
import type { TrendView } from "./view";

interface TrendFigureProps {
  view: TrendView;
  series: Series;
  names: Names;
  whole: Series | null;
  isOutdated: boolean;
  context: ProjectContext;
  onShow: (change: Partial<TrendView>) => void;
}

const chartHeight = 340;

export function TrendFigure(props: TrendFigureProps) {
  const { view, series, whole, context, onShow } = props;
  const [emphasised, setEmphasised] = useState<string | null>(null);
  const lines = useMemo(() => linesOf(series, whole, view.mode), [series, whole, view.mode]);
  const sheet = useMemo(() => sheetOf(series, lines, view.mode), [series, lines, view.mode]);
  const unit = unitOf[view.mode];
  const caption = captionOf(series, view.mode);
  const growing = unfinishedText(series, context.project.zone, now.value);

  return (
    <figure class={`trend ${props.isOutdated ? "outdated" : ""}`} aria-busy={props.isOutdated}>
      <figcaption class="figure-head">
        <div>
          <h2>{caption}</h2>
          <p class="soft">
            {writeRange(rangeOfMoments(series.from, series.to))}, {series.zone}
            {" \u2002"}
            {series.previous && (
              <span class="dash-note">
                <span class="dash-key" aria-hidden="true" /> dashed:{" "}
                {writeRange(rangeOfMoments(series.previous.from, series.previous.to))}
              </span>
            )}
          </p>
        </div>
        <div class="figure-actions">
          <button type="button" class="button" onClick={() => onShow({ isTable: !view.isTable })}>
            <span class={`icon ${view.isTable ? "icon-chart" : "icon-table"}`} aria-hidden="true" />
            {view.isTable ? "Show as chart" : "Show as table"}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => saveCsv(sheet, csvName(context.project.id, series))}
          >
            <span class="icon icon-download" aria-hidden="true" />
            CSV
          </button>
        </div>
      </figcaption>

      {view.isTable ? (
        <NumbersTable sheet={sheet} caption={caption} />
      ) : (
        <LineChart
          name={caption}
          labels={series.buckets}
          grain={series.grain}
          lines={lines}
          completeBuckets={series.complete_buckets}
          knownBuckets={knownBuckets(series)}
          unit={unit}
          height={chartHeight}
          emphasised={emphasised}
          describe={(bucket) => describe(series, lines, bucket, unit)}
          tooltip={(bucket) => (
            <TrendTooltip series={series} lines={lines} bucket={bucket} unit={unit} />
          )}
        />
      )}
      <p class="chart-foot soft">
        {growing ? (
          <>
            <span class="hatch-key" aria-hidden="true" /> {growing}
          </>
        ) : (
          series.complete_through && (
            <>Complete through {writeMoment(series.complete_through, series.zone, now.value)}</>
          )
        )}
      </p>

      {hasNothing(lines) && (
        <p class="nothing" role="status">
          {nothingText(series, now.value)}
        </p>
      )}
      <TrendLegend
        view={view}
        series={series}
        names={props.names}
        lines={lines}
        onEmphasise={setEmphasised}
        onShow={onShow}
      />
      <TrendNotes series={series} mode={view.mode} />
    </figure>
  );
}

function csvName(project: string, series: Series): string {
  const { from, to } = rangeOfMoments(series.from, series.to);
  return `${project}-${series.metric}-by-${series.grain}-${from}-to-${to}.csv`;
}
