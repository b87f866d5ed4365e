// The table of features. A planned one without clicks is as planned; a live one without is not.
import { Breakable } from "../../components/Breakable";
import { Link } from "../../components/Link";
import { writeCount } from "../../numbers";
import { defaultView, paramsOf } from "../trend/view";
import type { Listed } from "./entries";

interface CatalogueTableProps {
  features: readonly Listed[];
  daysShown: number;
  onEdit: (feature: Listed) => void;
}

export function CatalogueTable({ features, daysShown, onEdit }: CatalogueTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the keyboard
    <section class="table-scroll" tabIndex={0} aria-label="Features and what they are">
      <table>
        <caption class="visually-hidden">
          Features with name, state, owner, tags and clicks of {daysShown} days
        </caption>
        <thead>
          <tr>
            <th scope="col">Feature</th>
            <th scope="col">State</th>
            <th scope="col" class="wide-only">
              Owner
            </th>
            <th scope="col" class="wide-only">
              Tags
            </th>
            <th scope="col" class="number">
              Clicks, {daysShown} days
            </th>
            <th scope="col">
              <span class="visually-hidden">Edit</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {features.map((feature) => (
            <Row key={feature.feature_id} feature={feature} onEdit={onEdit} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ feature, onEdit }: { feature: Listed; onEdit: (feature: Listed) => void }) {
  const { feature_id, entry, clicks } = feature;
  return (
    <tr>
      <th scope="row">
        {entry?.name && <div class="entry-name">{entry.name}</div>}
        <Link
          to="/explore"
          params={paramsOf({ ...defaultView, features: [feature_id] })}
          class="feature-name"
        >
          <Breakable text={feature_id} />
        </Link>
        {entry?.description && <div class="soft entry-description">{entry.description}</div>}
        {entry?.alias_of && (
          <div class="soft">
            renamed to <Breakable text={entry.alias_of} />
          </div>
        )}
      </th>
      <td>
        {entry ? entry.state : <span class="soft">no entry</span>}
        {entry?.state === "live" && clicks === 0 && (
          <span class="badge entry-badge">no clicks</span>
        )}
      </td>
      <td class="wide-only">{entry?.owner}</td>
      <td class="wide-only">{entry?.tags.join(", ")}</td>
      <td class="number">{clicks === null ? "" : writeCount(clicks)}</td>
      <td class="number">
        <button
          type="button"
          class="button"
          aria-label={`Edit ${feature_id}`}
          onClick={() => onEdit(feature)}
        >
          Edit
        </button>
      </td>
    </tr>
  );
}
