// Features that were clicked in the period before and not at all in this one: gone on purpose, or
// broken.
import type { Features } from "../../api";
import { writeCount } from "../../numbers";
import type { Names } from "../catalogue/names";

const mostNamed = 5;

interface SilentFeaturesProps {
  features: Features;
  names: Names;
}

export function SilentFeatures({ features, names }: SilentFeaturesProps) {
  const silent = features.features
    .filter(({ clicks, previous_clicks }) => clicks === 0 && (previous_clicks ?? 0) > 0)
    .sort((a, b) => (b.previous_clicks ?? 0) - (a.previous_clicks ?? 0));
  if (silent.length === 0) return null;
  const more = silent.length - mostNamed;
  return (
    <aside class="callout" aria-label="Dormant features">
      <p>
        <strong>
          {silent.length === 1 ? "1 feature" : `${writeCount(silent.length)} features`} fell silent
        </strong>
        : clicked in the period before, not at all in this one. Removed on purpose, or broken?
      </p>
      <ul>
        {silent.slice(0, mostNamed).map(({ feature_id, previous_clicks }) => (
          <li key={feature_id}>
            {names.has(feature_id) && `${names.get(feature_id)} `}
            <code>{feature_id}</code> {writeCount(previous_clicks)} clicks before
          </li>
        ))}
        {more > 0 && <li>and {writeCount(more)} more</li>}
      </ul>
    </aside>
  );
}
