// Features that ask for a look, each by its own rhythm: who finds a break here finds it early.
import { type Attention, addressOfQuestion, useAnswer } from "../../api";
import { Breakable } from "../../components/Breakable";
import { Link } from "../../components/Link";
import { writeCount } from "../../numbers";
import { writeDate } from "../../time";
import { defaultView, paramsOf } from "../trend/view";

type Row = Attention["features"][number];

const mostNamed = 5;

const kinds: { standing: Row["standing"]; title: (count: number) => string }[] = [
  { standing: "silent", title: (n) => `${countOf(n)} fell silent` },
  { standing: "dormant", title: (n) => `${countOf(n)} not clicked for four weeks` },
  { standing: "new", title: (n) => `${countOf(n)} new in the last two weeks` },
];

export function AttentionNote({ project }: { project: string }) {
  const answer = useAnswer<Attention>(
    addressOfQuestion("/api/v1/attention", { project, limit: 1000 }),
  );
  if (answer.state !== "ready" || answer.value.features.length === 0) return null;
  return (
    <aside class="callout attention" aria-label="Features to look at">
      {kinds.map(({ standing, title }) => {
        const rows = answer.value.features.filter((row) => row.standing === standing);
        if (rows.length === 0) return null;
        const more = rows.length - mostNamed;
        return (
          <div key={standing}>
            <p>
              <strong>{title(rows.length)}</strong>
            </p>
            <ul>
              {rows.slice(0, mostNamed).map((row) => (
                <li key={row.feature_id}>
                  <Link
                    to="/explore"
                    params={paramsOf({
                      ...defaultView,
                      range: { preset: "last90" },
                      features: [row.feature_id],
                    })}
                    class="feature-name"
                  >
                    <Breakable text={row.feature_id} />
                  </Link>{" "}
                  {detailOf(row)}
                </li>
              ))}
              {more > 0 && <li>and {writeCount(more)} more</li>}
            </ul>
          </div>
        );
      })}
    </aside>
  );
}

function countOf(features: number): string {
  return features === 1 ? "1 feature" : `${writeCount(features)} features`;
}

function detailOf(row: Row): string {
  if (row.standing === "new" && row.first_day !== null)
    return `first on ${writeDate(row.first_day)}, ${clicksOf(row.clicks)} since`;
  if (row.last_day === null) return "no click in eight weeks";
  const usual = clicksOf(Math.max(1, Math.round(row.usual_clicks)));
  return `last on ${writeDate(row.last_day)}, before that about ${usual} a day`;
}

function clicksOf(clicks: number): string {
  return clicks === 1 ? "1 click" : `${writeCount(clicks)} clicks`;
}
