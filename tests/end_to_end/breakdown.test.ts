// An administrator has one more breakdown built, and asks by it: clicks of the past are in it.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
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
  const clicks = ["Firefox", "Firefox", "Safari"].map((name, number) => ({
    feature_id: "checkout.pay",
    browser: name,
    user_id: `u_${number}`,
    properties: { plan: number === 0 ? "team" : "free" },
  }));
  await server.send(clicks);
  await vi.waitUntil(() => hasCountedAll(server), { timeout: 60_000 });
  manager = await newManager(browser, server, { isAdmin: true });
  complaints = complaintsOf(manager);
  page = await manager.newPage();
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

test("it tells what it costs, is built, and answers for the past", async () => {
  await page.goto(`${server.url}/health`);
  await isSettled(page);
  await page.getByRole("button", { name: "Add a breakdown" }).click();
  expect(await page.getByRole("button", { name: "Build it" }).isDisabled()).toBe(true);
  await page.getByRole("checkbox", { name: "browser" }).check();
  await page.getByLabel("And by properties").fill("plan");
  await page.getByText("Reads 3 clicks of the past").waitFor();
  await page.getByText("It will be called by_browser_plan.").waitFor();
  await picture(page, "breakdown-form");
  await page.getByRole("button", { name: "Build it" }).click();
  const row = page.getByRole("row").filter({ hasText: "by_browser_plan" });
  await row.getByText("complete through").waitFor({ timeout: 60_000 });
  await picture(page, "breakdown-built");

  await page.goto(`${server.url}/explore?by=browser&range=7d&table=1`);
  await isSettled(page);
  await page.getByText("Firefox").first().waitFor();
  expect(complaints).toEqual([]);
});

test("one that is there is not offered again", async () => {
  await page.goto(`${server.url}/health`);
  await isSettled(page);
  await page.getByRole("button", { name: "Add a breakdown" }).click();
  await page.getByRole("checkbox", { name: "page" }).check();
  await page.getByText('There is a rollup "by_page" already.').waitFor();
  expect(await page.getByRole("button", { name: "Build it" }).isDisabled()).toBe(true);
  await page.getByRole("button", { name: "Cancel" }).click();
  expect(await page.getByRole("dialog").count()).toBe(0);
  expect(complaints).toEqual([]);
});
