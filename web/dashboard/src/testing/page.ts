// Draws a component into the document and waits for what it should show.
import { type ComponentChild, render } from "preact";

export interface Page {
  root: HTMLElement;
  text: () => string;
  shows: (text: string) => Promise<void>;
  button: (name: string) => HTMLButtonElement;
  leave: () => void;
}

export function show(what: ComponentChild): Page {
  const root = document.createElement("div");
  document.body.append(root);
  render(what, root);
  const text = () => root.textContent ?? "";
  return {
    root,
    text,
    shows: (wanted) =>
      until(
        () => text().includes(wanted),
        () => `${wanted}\n in: ${text()}`,
      ),
    button: (name) => {
      const found = [...root.querySelectorAll("button")].find((one) =>
        one.textContent?.includes(name),
      );
      if (!found) throw new Error(`no button "${name}" in: ${text()}`);
      return found;
    },
    leave: () => {
      render(null, root);
      root.remove();
    },
  };
}

// Waits for a condition, not for a time; the limit only ends a test that would hang.
export async function until(isTrue: () => boolean, what: () => string, limitMs = 3_000) {
  const end = performance.now() + limitMs;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`waited in vain for: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
