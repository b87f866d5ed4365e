// accepted = counted + repeats + left out + late + unreadable + lost + pending, as a picture.
import type { Accounting } from "../../api";
import { writeCount } from "../../numbers";
import { amountOf, classes, partsOf } from "./classes";

export function Equation({ accounting }: { accounting: Accounting }) {
  return (
    <figure class="equation">
      <figcaption>
        <h2>Where every accepted click went</h2>
      </figcaption>
      <div class="equation-bar" aria-hidden="true">
        {partsOf(accounting).map(({ part, width }) => (
          <span
            key={part.key}
            class={`bar-${part.key}`}
            style={{ flexGrow: width, minWidth: "3px" }}
            title={part.name}
          />
        ))}
      </div>
      <ul class="equation-terms">
        <li class="term term-accepted">
          <span class="term-name">Accepted</span>
          <span class="term-value">{writeCount(accounting.accepted)}</span>
          <span class="term-meaning">
            Answered with “accepted”: durable in the event log, whatever happens next.
          </span>
        </li>
        {classes.map((part, index) => {
          const value = amountOf(accounting, part.key);
          const isAlarm = part.tone === "bad" && (value ?? 0) > 0;
          return (
            <li class={`term ${isAlarm ? "term-alarm" : ""}`} key={part.key}>
              <span class="term-sign">
                <span aria-hidden="true">{index === 0 ? "=" : "+"}</span>
                <span class="visually-hidden">{index === 0 ? "equals" : "plus"}</span>
              </span>
              <span class="term-name">
                <span class={`swatch bar-${part.key}`} aria-hidden="true" />
                {part.name}
              </span>
              <span class="term-value">{writeCount(value)}</span>
              <span class="term-meaning">{part.meaning}</span>
            </li>
          );
        })}
      </ul>
    </figure>
  );
}
