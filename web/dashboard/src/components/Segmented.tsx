// One choice of a few, as radio buttons side by side. A choice that cannot be made says why.
import { useId } from "preact/hooks";

export interface Choice<T extends string> {
  value: T;
  label: string;
  whyNot?: string | null;
}

interface SegmentedProps<T extends string> {
  name: string;
  value: T;
  choices: readonly Choice<T>[];
  onChoose: (value: T) => void;
}

export function Segmented<T extends string>({ name, value, choices, onChoose }: SegmentedProps<T>) {
  const id = useId();
  return (
    <fieldset class="segmented">
      <legend class="visually-hidden">{name}</legend>
      {choices.map((choice) => (
        <label key={choice.value} title={choice.whyNot ?? undefined}>
          <input
            type="radio"
            name={id}
            value={choice.value}
            checked={choice.value === value}
            disabled={Boolean(choice.whyNot)}
            onChange={() => onChoose(choice.value)}
          />
          <span>
            {choice.label}
            {choice.whyNot && <span class="visually-hidden">, not possible: {choice.whyNot}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
