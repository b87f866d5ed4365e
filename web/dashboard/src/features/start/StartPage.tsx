// The first minute of a project: what to paste, and a sign that waits for the first click and then
// becomes it.
import { useState } from "preact/hooks";
import { type Accounting, addressOfQuestion, type Features, useAnswer } from "../../api";
import { Link } from "../../components/Link";
import { now, type ProjectContext } from "../../context";
import { writeCount } from "../../numbers";
import { addDays, writeMoment } from "../../time";
import { type Snippet, snippetsOf } from "./snippets";

export function StartPage({ context }: { context: ProjectContext }) {
  const { project, today } = context;
  const snippets = snippetsOf(window.location.origin, project.write_key_hint);
  const [chosen, setChosen] = useState(0);
  const accounting = useAnswer<Accounting>(
    addressOfQuestion("/api/v1/accounting", { project: project.id }),
  );
  const counted = accounting.state === "ready" ? accounting.value.project.counted : 0;
  const snippet = snippets[chosen] ?? snippets[0];
  return (
    <section class="card start">
      <h1>
        {counted === 0 ? `Count the first click of ${project.name}` : `Set up ${project.name}`}
      </h1>
      <FirstClick project={project.id} zone={project.zone} today={today} counted={counted} />
      <fieldset class="tabs">
        <legend class="visually-hidden">Where the clicks come from</legend>
        {snippets.map(({ name }, index) => (
          <button
            type="button"
            class="button"
            key={name}
            aria-pressed={index === chosen}
            onClick={() => setChosen(index)}
          >
            {name}
          </button>
        ))}
      </fieldset>
      {snippet && <SnippetBlock snippet={snippet} />}
      <p class="soft">
        {project.write_key_hint ? (
          <>
            The write key of this project begins with <code>{project.write_key_hint}</code>. It was
            printed once, when it was made.
          </>
        ) : (
          <>This project has no write key.</>
        )}{" "}
        Make another one with <code>clickmill key add {project.id} --kind write</code>.
      </p>
    </section>
  );
}

function SnippetBlock({ snippet }: { snippet: Snippet }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(snippet.text);
      setCopied(true);
      setTimeout(() => setCopied(false), 2_000);
    } catch {
      setCopied(false); // forbidden here: the text can still be selected
    }
  };
  return (
    <div class="snippet">
      <p>{snippet.help}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the keyboard */}
      <section tabIndex={0} aria-label={`Snippet: ${snippet.name}`}>
        <pre>
          <code>{snippet.text}</code>
        </pre>
      </section>
      <button type="button" class="button" onClick={copy}>
        {isCopied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}

interface FirstClickProps {
  project: string;
  zone: string;
  today: string;
  counted: number;
}

function FirstClick({ project, zone, today, counted }: FirstClickProps) {
  const features = useAnswer<Features>(
    counted > 0
      ? addressOfQuestion("/api/v1/features", {
          project,
          from: addDays(today, -89),
          to: addDays(today, 1),
          limit: 3,
        })
      : null,
  );
  if (counted === 0) {
    return (
      <p class="waiting" role="status">
        <span class="pulse" aria-hidden="true" />
        Waiting for your first click. It appears here by itself.
      </p>
    );
  }
  const top = features.state === "ready" ? features.value.features : [];
  return (
    <div class="arrived" role="status">
      <p>
        <span class="icon icon-check" aria-hidden="true" />
        <strong>
          {counted === 1 ? "Your first click is here" : `${writeCount(counted)} clicks are here`}
        </strong>
        {top[0] && (
          <>
            : <code>{top[0].feature_id}</code>
          </>
        )}
        {features.state === "ready" && features.value.complete_through && (
          <> (complete through {writeMoment(features.value.complete_through, zone, now.value)})</>
        )}
      </p>
      <Link
        to="/explore"
        params={new URLSearchParams({ range: "today" })}
        class="button button-primary"
      >
        See it on the chart
      </Link>
    </div>
  );
}
