// Wires client, page and capture together. Nothing here throws into the page: after five errors of
// its own the SDK falls silent.

import type { Client } from "../core/client";
import { createClient } from "../core/client";
import type { Clickmill, Options } from "../core/public";
import { capture } from "./capture";
import { browserEnvironment } from "./environment";

const MAX_ERRORS = 5;
const MAX_EARLY_CALLS = 100;
const METHODS = "track identify reset experiments flush optOut optIn".split(" ") as Name[];

type Name = keyof Clickmill;
type Call = (name: Name, values: unknown[]) => void;

let errors = 0;
let first: Clickmill | undefined;
const early: [Name, unknown[]][] = [];

function guard(work: () => void): void {
  if (errors >= MAX_ERRORS) return;
  try {
    work();
  } catch {
    errors++;
  }
}

/** Listens to the whole page, before its own listeners and without a say. */
function on(type: string, work: (event: Event) => void): void {
  addEventListener(type, (event) => guard(() => work(event)), { capture: true, passive: true });
}

/** An object whose methods hand their calls to `call`. */
function face(call: Call): Clickmill {
  const made = {} as Record<Name, unknown>;
  for (const name of METHODS) made[name] = (...values: unknown[]) => call(name, values);
  return made as Clickmill;
}

/** Calls a method of `target` with values that a caller's types have checked. */
function callOn(target: Clickmill, name: Name, values: unknown[]): void {
  (target[name] as (...values: unknown[]) => void)(...values);
}

/** The client that `init` made first; before that, calls wait for it. */
export const firstClient = face((name, values) => {
  if (first) callOn(first, name, values);
  else if (early.length < MAX_EARLY_CALLS) early.push([name, values]);
});

/** Starts counting. A second call with the same key gives the same client. */
export function init(options: Options): Clickmill {
  let client: Client | undefined;
  let made = face((name, values) => guard(() => client && callOn(client, name, values)));
  guard(() => {
    if (typeof window === "undefined") return; // rendered on a server
    // Two copies of the SDK on one page count a click once.
    const page = window as unknown as { __clickmill?: Record<string, Clickmill> };
    page.__clickmill = page.__clickmill || {};
    const known = page.__clickmill[options.key];
    if (known) {
      made = known;
    } else {
      const own = createClient(browserEnvironment(options), options);
      client = own;
      page.__clickmill[options.key] = made;
      if (`${options.capture}` !== "false") capture(own.track, on);
      on("pagehide", own.leave);
      on("visibilitychange", () => document.hidden && own.flush());
      on("pageshow", own.resume);
      on("online", own.resume);
    }
    first = first || made;
    for (const [name, values] of early.splice(0)) callOn(first, name, values);
  });
  return made;
}
