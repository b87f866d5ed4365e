// The address bar is the state: what is shown can be read from it, and back and forward work. Parts
// parse their own parameters; this file only moves between addresses.
import { signal } from "@preact/signals";

export interface Place {
  path: string;
  params: URLSearchParams;
}

const here = (): Place => ({
  path: window.location.pathname,
  params: new URLSearchParams(window.location.search),
});

export const place = signal<Place>(here());

window.addEventListener("popstate", () => {
  place.value = here();
});

// The project goes along from page to page.
export function addressOf(path: string, params: URLSearchParams = new URLSearchParams()): string {
  const all = new URLSearchParams(params);
  const project = place.value.params.get("project");
  if (project && !all.has("project")) all.set("project", project);
  const text = all.toString();
  return text ? `${path}?${text}` : path;
}

// `replace` is for changes that nobody wants to step back through.
export function go(address: string, how: "push" | "replace" = "push"): void {
  const current = window.location.pathname + window.location.search;
  if (address !== current) {
    if (how === "push") window.history.pushState(null, "", address);
    else window.history.replaceState(null, "", address);
  }
  place.value = here();
}

// Whether a click on a link is ours: a plain one, not one that opens a tab or a window.
export function isPlainClick(event: MouseEvent): boolean {
  return (
    event.button === 0 &&
    !event.defaultPrevented &&
    !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
  );
}
