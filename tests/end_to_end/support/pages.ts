// What is read from a page of the dashboard, and when a page is done.
import { join } from "node:path";
import type { Page } from "playwright-core";

// Everything asked has been answered and drawn.
export async function isSettled(page: Page): Promise<void> {
  await page.locator("main h1, main h2, .problem").first().waitFor({ state: "attached" });
  await page.waitForFunction(
    () => !document.querySelector(".skeleton, main[aria-busy=true], [aria-busy=true]"),
  );
  await page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  });
}

// The cells of the only table that `selector` finds, row by row, header first.
export function cellsOf(page: Page, selector: string): Promise<string[][]> {
  return page.locator(selector).evaluate((table) =>
    [...(table as HTMLTableElement).rows].map((row) =>
      [...row.cells].map((cell) => {
        const shown = cell.cloneNode(true) as HTMLElement;
        for (const extra of shown.querySelectorAll(".tag, .visually-hidden")) extra.remove();
        return shown.textContent?.trim() ?? "";
      }),
    ),
  );
}

export function countIn(text: string): number {
  return Number(text.replaceAll(",", ""));
}

// Of what can be seen, wide and on a phone, into the folder CLICKMILL_PICTURES when it is set.
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.CLICKMILL_PICTURES;
  if (!folder) return;
  const before = page.viewportSize();
  for (const [size, width] of [
    ["wide", 1280],
    ["phone", 390],
  ] as const) {
    await page.setViewportSize({ width, height: 860 });
    await page.screenshot({ path: join(folder, `${name}-${size}.png`) });
  }
  if (before) await page.setViewportSize(before);
}
