// Writing about features in the dashboard of the real program.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { hasCountedAll } from "./support/api";
import { complaintsOf, newManager, openBrowser } from "./support/browser";
import { isSettled, picture } from "./support/pages";
import { type Clickmill, startClickmill } from "./support/server";

let browser: Browser;
let server: Clickmill;
let manager: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  [browser, server] = await Promise.all([openBrowser(), startClickmill()]);
  await server.send([{ feature_id: "checkout.pay" }, { feature_id: "<b>bold</b>" }]);
  await vi.waitUntil(() => hasCountedAll(server), { timeout: 60_000 });
  manager = await newManager(browser, server);
  complaints = complaintsOf(manager);
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

beforeEach(async () => {
  await page?.close();
  page = await manager.newPage();
  await page.goto(`${server.url}/features`);
  await isSettled(page);
});

const row = (text: string) => page.getByRole("row").filter({ hasText: text });

test("a feature gets a name that everybody sees, whatever its id", async () => {
  await page.getByRole("button", { name: "Edit <b>bold</b>" }).click();
  await page.getByLabel("Name", { exact: true }).fill("The bold one");
  await page.getByLabel("What it is").fill("On two\nlines");
  await page.getByLabel("Tags").fill("style, b");
  await picture(page, "features-form");
  await page.getByRole("button", { name: "Save" }).click();
  await row("The bold one").waitFor();
  await page.reload();
  expect(await row("The bold one").textContent()).toContain("<b>bold</b>");
  expect(await row("The bold one").textContent()).toContain("style, b");
  expect(complaints).toEqual([]);
});

test("what the server refuses is told in the form, which keeps what was typed", async () => {
  await page.getByRole("button", { name: "Edit checkout.pay" }).click();
  await page.getByLabel("Renamed to").fill("checkout.pay");
  await page.getByLabel("Owner").fill("Ann");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("cannot be an alias of itself").waitFor();
  expect(await page.getByLabel("Owner").inputValue()).toBe("Ann");
  await page.getByLabel("Renamed to").fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await row("Ann").waitFor();
  await page.getByRole("button", { name: "Edit checkout.pay" }).click();
  await page.getByRole("button", { name: "Remove the entry" }).click();
  await row("Ann").waitFor({ state: "detached" });
  expect(await row("checkout.pay").textContent()).toContain("no entry");
});

test("a planned feature is added, and Escape leaves everything as it was", async () => {
  await page.getByRole("button", { name: "Add a feature" }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Add a feature" }).click();
  await page.getByLabel("Id, as clicks will name it").fill("checkout.gift");
  await page.getByRole("button", { name: "Save" }).click();
  await row("checkout.gift").waitFor();
  expect(await row("checkout.gift").textContent()).toContain("planned");
  await page.getByLabel("State").selectOption("planned");
  await row("checkout.pay").waitFor({ state: "detached" });
  expect(page.url()).toContain("state=planned");
});
