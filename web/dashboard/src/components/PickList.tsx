// Choosing several of many: a search field over check boxes. The caller searches; this shows.
import { useId } from "preact/hooks";

export interface Pickable {
  value: string;
  label: string;
  count?: string; // written beside it
}

interface PickListProps {
  name: string;
  search: string;
  onSearch: (text: string) => void;
  options: readonly Pickable[];
  picked: readonly string[];
  most?: number | undefined;
  note?: string | undefined; // under the list: why it is empty, how many more there are
  onPick: (picked: string[]) => void;
}

export function PickList(props: PickListProps) {
  const { name, options, picked, most = 100 } = props;
  const id = useId();
  const isFull = picked.length >= most;
  const toggle = (value: string, isOn: boolean) => {
    props.onPick(isOn ? [...picked, value] : picked.filter((one) => one !== value));
  };
  // What is picked stays in reach, whatever is searched.
  const hidden = picked.filter((value) => !options.some((option) => option.value === value));
  const rows: Pickable[] = [...hidden.map((value) => ({ value, label: value })), ...options];
  return (
    <div class="pick-list">
      <label class="visually-hidden" for={id}>
        Search {name}
      </label>
      <input
        id={id}
        type="search"
        class="input"
        placeholder={`Search ${name}`}
        autocomplete="off"
        spellcheck={false}
        value={props.search}
        onInput={(event) => props.onSearch(event.currentTarget.value)}
      />
      <ul>
        {rows.map((option) => {
          const isPicked = picked.includes(option.value);
          return (
            <li key={option.value}>
              <label class="pick">
                <input
                  type="checkbox"
                  checked={isPicked}
                  disabled={!isPicked && isFull}
                  onChange={(event) => toggle(option.value, event.currentTarget.checked)}
                />
                <span class="pick-label">{option.label}</span>
                {option.count && <span class="pick-count">{option.count}</span>}
              </label>
            </li>
          );
        })}
      </ul>
      {(props.note || isFull) && (
        <p class="hint" role="status">
          {isFull ? fullNote(most) : props.note}
        </p>
      )}
    </div>
  );
}

function fullNote(most: number): string {
  return most === 1 ? "One at a time: remove it to choose another." : `Up to ${most} at once.`;
}
