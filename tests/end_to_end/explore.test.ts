// What a Product Manager does with the dashboard: asks by clicks and by keys, sends the address to a
// colleague, takes the numbers along, and meets names that somebody chose to do harm.
import { readFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { hasCountedAll } from "./support/api";
import { complaintsOf, newManager, openBrowser } from "./support/browser";
import { hostileNames } from "./support/hostile";
import { cellsOf, countIn, isSettled } from "./support/pages";
import { type Clickmill, startClickmill } from "./support/server";

let browser: Browser;
let server: Clickmill;
let manager: BrowserContext;
let complaints: string[];
let page: Page;

beforeAll(async () => {
  browser = await openBrowser();
  server = await startClickmill({ isDemo: true });
  const events = hostileNames.map((name) => ({
    feature_id: name,
    user_id: "u_1",
    app_version: `<b>${name.slice(0, 20)}</b>`,
  }));
  expect(await (await server.send(events)).json()).toMatchObject({ rejected: [] });
  await vi.waitUntil(() => hasCountedAll(server), { timeout: 60_000 });
  manager = await newManager(browser, server);
  complaints = complaintsOf(manager);
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

beforeEach(async () => {
  complaints.length = 0;
  page = await manager.newPage();
});

afterEach(async () => {
  await page.close();
  expect(complaints).toEqual([]);
});

const open = async (path: string) => {
  await page.goto(server.url + path);
  await isSettled(page);
};

const choose = (name: string) => page.getByText(name, { exact: true }).click();

describe("The address is the view", () => {
  test("of every choice, after a reload and for a colleague", async () => {
    await open("/explore");
    await page.getByRole("button", { name: "Choose features" }).click();
    await page.getByRole("searchbox").fill("checkout");
    await page.getByRole("checkbox", { name: /checkout\.pay/ }).check();
    await page.getByRole("checkbox", { name: /checkout\.start/ }).check();
    await page.keyboard.press("Escape");
    await choose("Week");
    await choose("Share");
    await page.getByText("Period before").click();
    await page.getByRole("button", { name: "Show as table" }).click();
    await isSettled(page);
    const shown = await cellsOf(page, ".numbers table");
    expect(shown[0]).toHaveLength(5); // time, two features, and each in the period before

    await page.reload();
    await isSettled(page);
    expect(await cellsOf(page, ".numbers table")).toEqual(shown);

    const address = page.url();
    const colleague = await newManager(browser, server, { colorScheme: "dark" });
    const theirs = await colleague.newPage();
    await theirs.goto(address);
    await isSettled(theirs);
    expect(await cellsOf(theirs, ".numbers table")).toEqual(shown);
    await colleague.close();
  });

  test("and back goes to the view before", async () => {
    await open("/explore?range=last7");
    await choose("Hour");
    await page.getByRole("heading", { name: "Clicks per hour" }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Clicks per day" }).waitFor();
    expect(new URL(page.url()).search).toBe("?range=last7");
  });
});

describe("The CSV holds what the table shows", () => {
  test("of a trend", async () => {
    await open(
      "/explore?feature=checkout.pay&feature=cart.open&range=last7&compare=previous&table=1",
    );
    const [head = [], ...rows] = await cellsOf(page, ".numbers table");
    const [csvHead = [], ...csvRows] = await savedCsv();
    expect(csvHead.slice(1)).toEqual(head.slice(1));
    expect(csvRows.map(([, ...cells]) => cells.map(Number))).toEqual(
      rows.map(([, ...cells]) => cells.map(countIn)),
    );
    expect(rows).toHaveLength(7);
    expect(csvRows[0]?.[0]).toMatch(/^\d{4}-\d\d-\d\d/);
  });

  test("of the top features", async () => {
    await open("/top?range=last7&users=1");
    const [, ...rows] = await cellsOf(page, "table.top");
    const [head = [], ...csvRows] = await savedCsv();
    const column = (name: string) => csvRows.map((row) => row[head.indexOf(name)] ?? "");
    // People's names stand over some of the ids.
    const ids = await page.locator("table.top .feature-name").allInnerTexts();
    expect(column("feature_id").map(withoutGuard)).toEqual(ids);
    expect(column("clicks").map(Number)).toEqual(rows.map((row) => countIn(row[3] ?? "")));
    expect(column("users").map(Number)).toEqual(rows.map((row) => countIn(row.at(-1) ?? "")));
  });
});

describe("A hostile name is text", () => {
  test("on every page, and in what is saved", async () => {
    await open("/top?range=last7&order=name");
    const [, ...rows] = await cellsOf(page, "table.top");
    const shown = rows.map((row) => row[1]);
    for (const name of hostileNames) expect(shown).toContain(name.trim());

    const asked = new URLSearchParams(hostileNames.map((name) => ["feature", name]));
    await open(`/explore?range=last7&table=1&${asked}`);
    const [head = []] = await cellsOf(page, ".numbers table");
    expect(head.slice(1)).toEqual(hostileNames.map((name) => name.trim()));
    const [saved = []] = await savedCsv();
    expect(saved.slice(1).map(withoutGuard)).toEqual(hostileNames.map((name) => name.trim()));
    // No cell begins as a formula does, not even behind spaces.
    for (const cell of saved) expect(cell.trim()).not.toMatch(/^[=+\-@|%]/);

    await page.getByRole("button", { name: "Show as chart" }).click();
    await page.getByRole("application").press("End");
    for (const name of hostileNames) await page.locator(".tooltip", { hasText: name }).waitFor();

    await open("/explore?range=last7&by=app_version");
    await page.locator("table.legend", { hasText: "<b>" }).waitFor();
    expect(await page.evaluate(() => "harmed" in window)).toBe(false);
    expect(await page.locator("main b, main img, main script").count()).toBe(0);
  });
});

describe("With the keyboard alone", () => {
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
  const tabTo = async (text: string) => {
    for (let steps = 0; steps < 60; steps += 1) {
      await page.keyboard.press("Tab");
      if ((await focused()).startsWith(text)) return;
    }
    throw new Error(`Tab never comes to ${text}`);
  };

  test("the menu can be skipped, a feature chosen and its numbers read out", async () => {
    await open("/explore?range=last7");
    await page.keyboard.press("Tab");
    expect(await focused()).toMatch(/^Skip/);
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");

    await tabTo("Choose features");
    await page.keyboard.press("Enter");
    await page.getByRole("checkbox", { name: /checkout\.pay/ }).waitFor();
    await page.keyboard.type("checkout.pay");
    await page.getByRole("checkbox", { name: /search\.submit/ }).waitFor({ state: "detached" });
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await page.waitForURL(/feature=checkout\.pay/);
    await page.keyboard.press("Escape");
    expect(await focused()).toBe("Features");

    await tabTo("CSV");
    await page.keyboard.press("Tab");
    await page.keyboard.press("End");
    const spoken = page.getByRole("application").locator("[aria-live]");
    await expect.poll(() => spoken.textContent()).toMatch(/unfinished: checkout\.pay [\d,]+$/);
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => spoken.textContent()).toMatch(/2\d{3}: checkout\.pay [\d,]+$/);
  });

  test("whatever has the focus shows it", async () => {
    await open("/explore?feature=checkout.pay");
    const looks = () =>
      page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        // A radio button is drawn by the text beside it.
        const drawn = element.matches("[type=radio]") ? element.nextElementSibling : element;
        const { outlineStyle, outlineWidth } = getComputedStyle(drawn ?? element);
        return `${element.outerHTML.slice(0, 80)}: ${outlineStyle} ${outlineWidth}`;
      });
    const seen: string[] = [];
    for (;;) {
      await page.keyboard.press("Tab");
      const look = await looks();
      if (look.startsWith("<body")) break; // past the last one
      seen.push(look);
    }
    expect(seen.length).toBeGreaterThan(15);
    for (const look of seen) expect(look).not.toMatch(/: none|: \w+ 0px/);
  });
});

// The rows of the file that the button saves.
async function savedCsv(): Promise<string[][]> {
  const download = page.waitForEvent("download");
  await page.locator(".figure-actions").getByText("CSV").click();
  const text = readFileSync(await (await download).path(), "utf8").replace(/^\ufeff/, "");
  return parseCsv(text);
}

// RFC 4180, as strict as it is short.
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  for (const [, quoted, plain, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g,
  )) {
    const row = rows.at(-1)?.at(-1) === "," ? rows.at(-1) : rows[rows.push([]) - 1];
    if (row?.at(-1) === ",") row.pop();
    row?.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    if (end === ",") row?.push(",");
  }
  return rows;
}

// The name without the apostrophe that keeps a spreadsheet from taking it for a formula.
function withoutGuard(cell: string): string {
  return cell
    .trim()
    .replace(/^'(?=\s*[=+\-@|%])/, "")
    .trim();
}
