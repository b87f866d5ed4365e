// The server dies while people click. Nothing that they did is lost, and nothing counts twice.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { clicksOn, hasCountedAll } from "./support/api";
import { newManager, newVisitor, openBrowser } from "./support/browser";
import { type Clickmill, startClickmill } from "./support/server";
import { type Site, startSite } from "./support/site";

let browser: Browser;
let server: Clickmill;
let site: Site;
let visitor: BrowserContext;
let shop: Page;
let before: number; // clicks on Pay

const pay = (page: Page) => page.getByRole("button", { name: "Pay" }).click();
const sent = (page: Page) =>
  page.waitForResponse((answer) => answer.url().endsWith("/v1/events") && answer.ok());
const failed = (page: Page) =>
  page.waitForEvent("requestfailed", (request) => request.url().endsWith("/v1/events"));

// So many more than before, also when everything that was accepted has been counted.
async function expectMoreClicks(more: number): Promise<void> {
  const count = () => clicksOn(server, "checkout.pay");
  await expect.poll(count, { timeout: 30_000 }).toBe(before + more);
  await expect.poll(() => hasCountedAll(server)).toBe(true);
  expect(await count()).toBe(before + more);
}

beforeAll(async () => {
  browser = await openBrowser();
  server = await startClickmill();
  site = await startSite(server.snippet);
});

beforeEach(async () => {
  visitor = await newVisitor(browser);
  shop = await visitor.newPage();
  await shop.goto(site.url);
  before = await clicksOn(server, "checkout.pay");
  return () => visitor.close();
});

afterAll(async () => {
  await browser?.close();
  await site?.stop();
  await server?.remove();
});

test("Clicks made while the server is away are sent when it is back, and counted once", async () => {
  await Promise.all([sent(shop), pay(shop)]);
  await server.end("SIGKILL");
  const hasFailed = failed(shop);
  await pay(shop);
  await pay(shop);
  await hasFailed;
  await server.start();
  await expectMoreClicks(3);
});

test("A page that is closed while the server is away leaves its clicks to the next page", async () => {
  await server.end("SIGKILL");
  const hasFailed = failed(shop);
  await pay(shop);
  await hasFailed;
  const isClosed = shop.waitForEvent("close");
  await shop.close({ runBeforeUnload: true }); // as a person closes a tab
  await isClosed;
  await server.start();
  const next = await visitor.newPage();
  await next.goto(site.url);
  await expectMoreClicks(1);
});

test("A click whose answer got lost is sent again with its id, and counted once", async () => {
  const ids: string[] = [];
  await visitor.route("**/v1/events", async (route) => {
    ids.push(route.request().postDataJSON().events[0].event_id);
    if (ids.length > 1) return route.continue();
    await route.fetch(); // the server has it; the browser never hears of it
    return route.abort("connectionreset");
  });
  await pay(shop);
  await expect.poll(() => ids.length, { timeout: 30_000 }).toBe(2);
  expect(ids[1]).toBe(ids[0]);
  await expectMoreClicks(1);
  expect(server.rawClicks().filter((click) => click.event_id === ids[0])).toHaveLength(2);
});

test("The dashboard says that the server is away and goes on by itself", async () => {
  const manager = await newManager(browser, server);
  const page = await manager.newPage();
  await page.goto(`${server.url}/explore?feature=checkout.pay&range=last7`);
  const total = page.locator("table.legend td.number");
  await expect.poll(() => total.textContent()).toBe(`${before}`);
  await server.end("SIGKILL");
  await page.getByText("The server does not answer").waitFor();
  expect(await total.textContent(), "the last numbers stay").toBe(`${before}`);
  await server.start();
  await page.getByText("The server does not answer").waitFor({ state: "detached" });
  await Promise.all([sent(shop), pay(shop)]);
  await expectMoreClicks(1);
  await expect.poll(() => total.textContent(), { timeout: 30_000 }).toBe(`${before + 1}`);
  await manager.close();
});
