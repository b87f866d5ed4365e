// The table of top features. Rows can be ticked to compare them in Explore.
import { useState } from "preact/hooks";
import type { FeatureRow, Features } from "../../api";
import { Breakable } from "../../components/Breakable";
import { Delta } from "../../components/Delta";
import { Link } from "../../components/Link";
import { Sparkline } from "../../components/Sparkline";
import { now } from "../../context";
import { writeCount, writeShare } from "../../numbers";
import { completeBuckets, writeMoment, writeRange } from "../../time";
import type { Names } from "../catalogue/names";
import { rangeOfMoments } from "../trend/captions";
import { defaultView, mostFeatures, paramsOf } from "../trend/view";
import { SilentFeatures } from "./SilentFeatures";
import { mostRows, type Order, type TopView } from "./view";

interface TopTableProps {
  view: TopView;
  features: Features;
  names: Names;
  isOutdated: boolean;
  csvAddress: string;
  onShow: (change: Partial<TopView>) => void;
}

export function TopTable({ view, features, names, isOutdated, csvAddress, onShow }: TopTableProps) {
  const [picked, setPicked] = useState<string[]>([]);
  const rows = features.features;
  const toggle = (feature: string, isOn: boolean) =>
    setPicked(isOn ? [...picked, feature] : picked.filter((one) => one !== feature));
  const trend = features.trend;
  const completeCount = trend
    ? completeBuckets(trend.buckets, trend.grain, features.complete_through)
    : 0;
  const total = features.total_clicks;
  const most = Math.max(1, ...rows.map(({ clicks }) => clicks));

  return (
    <div class={isOutdated ? "outdated" : undefined} aria-busy={isOutdated}>
      <div class="figure-head">
        <div>
          <h2>{titleOf(features)}</h2>
          <p class="soft">{subtitleOf(features)}</p>
        </div>
        <div class="figure-actions">
          {rows.length > 0 && <CompareLink view={view} picked={picked} />}
          <a class="button" href={csvAddress} download>
            <span class="icon icon-download" aria-hidden="true" />
            CSV
          </a>
        </div>
      </div>
      {rows.length === 0 ? (
        <p class="nothing" role="status">
          {view.search
            ? `No feature that was clicked has “${view.search}” in its name.`
            : "No clicks in these days. Try other days or fewer filters."}
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the keyboard
        <section class="table-scroll" tabIndex={0} aria-label="Features by clicks">
          <table class="top">
            <caption class="visually-hidden">
              Features with clicks, share of all clicks and change
            </caption>
            <thead>
              <tr>
                <th scope="col">
                  <span class="visually-hidden">Compare</span>
                </th>
                <SortHeader order="name" text="Feature" view={view} onShow={onShow} />
                <th scope="col" class="wide-only">
                  Trend
                </th>
                <SortHeader order="clicks" text="Clicks" view={view} onShow={onShow} />
                <th scope="col" class="number share-column">
                  Share
                </th>
                <SortHeader order="change" text="Change" view={view} onShow={onShow} />
                {view.hasUsers && (
                  <SortHeader order="users" text="Users" view={view} onShow={onShow} />
                )}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row
                  key={row.feature_id}
                  row={row}
                  name={names.get(row.feature_id)}
                  view={view}
                  total={total}
                  most={most}
                  completeCount={completeCount}
                  isPicked={picked.includes(row.feature_id)}
                  isFull={picked.length >= mostFeatures}
                  onPick={toggle}
                />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {features.feature_count > rows.length && view.rows < mostRows && (
        <button
          type="button"
          class="button more"
          onClick={() => onShow({ rows: Math.min(mostRows, view.rows * 2) })}
        >
          Show more: {writeCount(features.feature_count - rows.length)} below
        </button>
      )}
      <SilentFeatures features={features} names={names} />
      <Notes features={features} hasUsers={view.hasUsers} />
    </div>
  );
}

function titleOf({ total_clicks, feature_count }: Features): string {
  if (!total_clicks) return "No clicks";
  const clicks = total_clicks === 1 ? "1 click" : `${writeCount(total_clicks)} clicks`;
  const features = feature_count === 1 ? "1 feature" : `${writeCount(feature_count)} features`;
  return `${clicks} on ${features}`;
}

function subtitleOf(features: Features): string {
  const { from, to } = rangeOfMoments(features.from, features.to);
  const range = `${writeRange({ from, to })}, ${features.zone}`;
  const through = features.complete_through;
  return through
    ? `${range}, complete through ${writeMoment(through, features.zone, now.value)}`
    : range;
}

interface SortHeaderProps {
  order: Order;
  text: string;
  view: TopView;
  onShow: (change: Partial<TopView>) => void;
}

function SortHeader({ order, text, view, onShow }: SortHeaderProps) {
  const isCurrent = view.order === order;
  const direction = order === "name" ? "ascending" : "descending";
  // Beside the text where the column has room, so that text and numbers stay flush.
  const arrow = (
    <span class="sort-arrow" aria-hidden="true">
      {isCurrent ? (order === "name" ? "↑" : "↓") : ""}
    </span>
  );
  return (
    <th
      scope="col"
      class={order === "name" ? undefined : "number"}
      aria-sort={isCurrent ? direction : undefined}
    >
      <button type="button" class="sort" onClick={() => onShow({ order })}>
        {order !== "name" && arrow}
        {text}
        {order === "name" && arrow}
      </button>
    </th>
  );
}

interface RowProps {
  row: FeatureRow;
  name: string | undefined; // in the catalogue
  view: TopView;
  total: number | null; // clicks on all features
  most: number; // clicks on the first of the rows shown
  completeCount: number; // buckets of the small trend
  isPicked: boolean;
  isFull: boolean;
  onPick: (feature: string, isOn: boolean) => void;
}

function Row({ row, name, view, total, most, completeCount, isPicked, isFull, onPick }: RowProps) {
  const isFeature = !row.feature_id.startsWith("(");
  const params = paramsOf({
    ...defaultView,
    range: view.range,
    filters: view.filters,
    features: [row.feature_id],
  });
  return (
    <tr class={row.clicks === 0 ? "silent" : undefined}>
      <td class="pick-cell">
        {isFeature && (
          <input
            type="checkbox"
            aria-label={`Compare ${row.feature_id}`}
            checked={isPicked}
            disabled={isFull && !isPicked}
            onChange={(event) => onPick(row.feature_id, event.currentTarget.checked)}
          />
        )}
      </td>
      <th scope="row">
        {name && <div class="entry-name">{name}</div>}
        {isFeature ? (
          <Link to="/explore" params={params} class="feature-name">
            <Breakable text={row.feature_id} />
          </Link>
        ) : (
          <span class="feature-name">{row.feature_id}</span>
        )}
      </th>
      <td class="wide-only">
        {row.trend && <Sparkline values={row.trend} completeCount={completeCount} />}
      </td>
      <td class="number strong">{writeCount(row.clicks)}</td>
      <td class="number share-column">
        <span class="share">
          {writeShare(total ? row.clicks / total : null)}
          <span class="share-bar" aria-hidden="true">
            <span style={{ width: `${(row.clicks / most) * 100}%` }} />
          </span>
        </span>
      </td>
      <td class="number">
        <Delta
          value={row.change}
          hint={
            row.previous_clicks === null
              ? "The period before is not known"
              : `${writeCount(row.previous_clicks)} in the same elapsed part of the period before`
          }
        />
      </td>
      {view.hasUsers && <td class="number">{writeCount(row.users ?? null)}</td>}
    </tr>
  );
}

function CompareLink({ view, picked }: { view: TopView; picked: readonly string[] }) {
  if (picked.length === 0) return <span class="hint wide-only">Tick features to compare them</span>;
  const params = paramsOf({
    ...defaultView,
    range: view.range,
    filters: view.filters,
    features: [...picked],
  });
  return (
    <Link to="/explore" params={params} class="button button-primary">
      {picked.length === 1 ? "Explore 1 feature" : `Compare ${picked.length} features`}
    </Link>
  );
}

function Notes({ features, hasUsers }: { features: Features; hasUsers: boolean }) {
  const notes = features.notes
    .filter(({ code }) => code !== "sample_data")
    .map((note) => note.message);
  const { previous } = features;
  const before = rangeOfMoments(previous.from, previous.compared_to);
  if (features.features.some(({ feature_id }) => feature_id === "(other)")) {
    notes.push("“(other)” holds features beyond the limit on variety of a day; totals stay exact.");
  }
  if (hasUsers && features.users_error > 0) {
    notes.push(`Users are estimated, within about ±${writeShare(features.users_error)}.`);
  }
  return (
    <ul class="notes-list">
      <li>
        Change compares with {writeRange(before)}, up to{" "}
        {writeMoment(previous.compared_to, features.zone, now.value)}: the same elapsed part of the
        period before.
      </li>
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}
