// Chromium as the tests want it: fresh profile, nothing leaves the machine, and whatever a page
// complains about is a failure.
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
} from "playwright-core";
import type { Clickmill } from "./server";

// It does not call itself headless, for that is what crawlers do, and their clicks are left out. Told to
// the browser and not to a context: what a page sends while it goes away would not be of its context.
const userAgent =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

const switches = [
  `--user-agent=${userAgent}`,
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: switches });
}

// A browser of somebody's own. Its zone is not the server's: nothing shown may depend on it.
export function newVisitor(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  return browser.newContext({
    viewport: { width: 1280, height: 860 },
    locale: "en-GB",
    timezoneId: "America/St_Johns",
    ...options,
  });
}

let people = 0;

// Signed in by a link of its own.
export async function newManager(
  browser: Browser,
  server: Clickmill,
  options: BrowserContextOptions & { isAdmin?: boolean } = {},
): Promise<BrowserContext> {
  const { isAdmin, ...ofContext } = options;
  const context = await newVisitor(browser, ofContext);
  const page = await context.newPage();
  people += 1;
  await page.goto(server.newSignInLink(`ann-${people}@example.org`, isAdmin));
  await page.locator("#main").waitFor();
  await page.close();
  return context;
}

// Collects what the pages of a context complain about: errors, and what the policy refused.
export function complaintsOf(context: BrowserContext): string[] {
  const complaints: string[] = [];
  context.on("weberror", (error) => complaints.push(`error: ${error.error().message}`));
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()}`);
  });
  return complaints;
}
