// A change, by sign, arrow and colour: never by colour alone.
import { unknown, writeChange } from "../numbers";

export function Delta({ value, hint }: { value: number | null; hint?: string }) {
  if (value === null) {
    return (
      <span class="delta" title={hint ?? "Nothing to compare with"}>
        {unknown}
      </span>
    );
  }
  const tone = value > 0 ? "up" : value < 0 ? "down" : "same";
  return (
    <span class={`delta delta-${tone}`} title={hint}>
      <span aria-hidden="true">{tone === "up" ? "▲" : tone === "down" ? "▼" : ""}</span>
      {writeChange(value)}
    </span>
  );
}
