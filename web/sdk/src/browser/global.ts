// The script-tag file: <script src=".../sdk.js" data-key="wk_..." async></script>.
// It makes window.clickmill, and starts by itself when the tag has a key.
import type { Options } from "../core/public";
import { firstClient, init } from "./clickmill";

const page = window as unknown as { clickmill?: unknown };
const early = page.clickmill;
page.clickmill = { init, ...firstClient };

const { src, dataset } = (document.currentScript || {}) as Partial<HTMLScriptElement>;
if (dataset?.key) {
  init({
    endpoint: new URL("/", src as string).href,
    ...dataset,
    // biome-ignore lint/suspicious/noConsole: asked for by data-debug.
    debug: dataset.debug && console.log,
  } as unknown as Options);
}

// What the page asked for before this file was here: clickmill = [["track", "checkout.pay"], ...].
if (Array.isArray(early)) {
  for (const [name, ...values] of early) {
    (firstClient as unknown as Record<string, (...values: unknown[]) => void>)[name]?.(...values);
  }
}
