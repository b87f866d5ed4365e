// Explore: how features move over time. The address is the state; this page reads it, asks, and hands
// the answer to the chart.
import { addressOfQuestion, type Dimensions, type Series, useAnswer } from "../../api";
import { Problem } from "../../components/Problem";
import { Skeleton } from "../../components/Skeleton";
import type { ProjectContext } from "../../context";
import { rangeOf } from "../../periods";
import { addDays } from "../../time";
import { addressOf, go, place } from "../../url";
import { useNames } from "../catalogue/names";
import { askedRange, seriesAddress, wholeAddress } from "./question";
import { TrendFigure } from "./TrendFigure";
import { TrendToolbar } from "./TrendToolbar";
import { paramsOf, type TrendView, viewOf } from "./view";

export function TrendPage({ context }: { context: ProjectContext }) {
  const view = viewOf(place.value.params);
  const range = rangeOf(view.range, context.today, context.weekStart);
  const asked = askedRange(view.range, context);
  const series = useAnswer<Series>(seriesAddress(view, context));
  const wholesAddress = wholeAddress(view, context);
  const whole = useAnswer<Series>(wholesAddress);
  // Shares of what is not here yet are not numbers to read.
  const isWaiting =
    wholesAddress !== null &&
    (whole.state === "loading" || (whole.state === "ready" && whole.isOutdated));
  const names = useNames(context.project.id);
  const dimensions = useAnswer<Dimensions>(
    addressOfQuestion("/api/v1/dimensions", {
      project: context.project.id,
      from: asked.from,
      to: addDays(asked.to, 1),
    }),
  );
  const show = (change: Partial<TrendView>) => {
    go(addressOf("/explore", paramsOf({ ...view, ...change })));
  };

  return (
    <>
      <h1 class="visually-hidden">Explore</h1>
      <TrendToolbar
        view={view}
        context={context}
        range={range}
        dimensions={dimensions.state === "ready" ? dimensions.value : null}
        onShow={show}
      />
      <section class="card" aria-label="Trend">
        {series.state === "loading" && <Skeleton height={470} label="Loading the trend" />}
        {series.state === "failed" && <Problem problem={series.problem} onRetry={series.retry} />}
        {series.state === "ready" && (
          <TrendFigure
            view={view}
            series={series.value}
            names={names}
            whole={whole.state === "ready" ? whole.value : null}
            isOutdated={series.isOutdated || isWaiting}
            context={context}
            onShow={show}
          />
        )}
      </section>
    </>
  );
}
