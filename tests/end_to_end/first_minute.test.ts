// What a newcomer meets: an empty project, a link that signs in once, a sign that waits for the first
// click and becomes it, and a page of somebody's own with the snippet that the program printed.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clicksOn } from "./support/api";
import { newVisitor, openBrowser } from "./support/browser";
import { type Clickmill, startClickmill } from "./support/server";
import { type Site, startSite } from "./support/site";

let browser: Browser;
let server: Clickmill;
let site: Site;
let newcomer: BrowserContext;
let page: Page;

beforeAll(async () => {
  browser = await openBrowser();
  server = await startClickmill();
  site = await startSite(server.snippet);
  newcomer = await newVisitor(browser);
  page = await newcomer.newPage();
});

afterAll(async () => {
  await browser?.close();
  await site?.stop();
  await server?.remove();
});

test("A stranger is told how to sign in, and sees no number", async () => {
  await page.goto(`${server.url}/top`);
  await page.getByRole("heading", { name: "Sign in with a link" }).waitFor();
  expect((await page.request.get(`${server.url}/api/v1/series?project=default`)).status()).toBe(
    401,
  );
});

test("The link that the program prints signs in and leads to what to do next", async () => {
  await page.goto(server.signInLink);
  await page.getByRole("heading", { name: "Count the first click" }).waitFor();
  await page.getByText("Waiting for your first click").waitFor();
  expect(page.url()).not.toContain("token");
  await page.getByText(`data-key="${server.writeKey.slice(0, 6)}`).waitFor();
});

test("The link works once, for anybody", async () => {
  const other = await newVisitor(browser);
  const second = await other.newPage();
  const answer = await second.goto(server.signInLink);
  expect(answer?.status()).toBe(404);
  await second.getByRole("heading", { name: "does not work any more" }).waitFor();
  await second.goto(`${server.url}/`);
  await second.getByRole("heading", { name: "Sign in with a link" }).waitFor();
  await other.close();
});

test("The first click takes the place of the sign that waits for it", async () => {
  const answer = await server.send([{ feature_id: "hello.world", user_id: "me" }]);
  expect(await answer.json()).toEqual({ accepted: 1, rejected: [] });
  await page.getByText("Your first click is here").waitFor();
  await page.getByText("hello.world").first().waitFor();
  await page.getByRole("link", { name: "See it on the chart" }).click();
  await page.waitForURL(/\/explore\?.*range=today/);
  await page.locator("table.legend td.number", { hasText: /^1$/ }).waitFor();
});

test("The printed snippet counts clicks of a page of somebody's own", async () => {
  const visitor = await newVisitor(browser);
  const shop = await visitor.newPage();
  await shop.goto(site.url);
  await shop.getByRole("button", { name: "Pay" }).click();
  await expect.poll(() => clicksOn(server, "checkout.pay"), { timeout: 30_000 }).toBe(1);
  await visitor.close();
});

test("The session outlives a reload, a new tab and the server", async () => {
  await page.reload();
  await page.locator("#main").waitFor();
  await server.end("SIGTERM");
  await server.start();
  const tab = await newcomer.newPage();
  await tab.goto(`${server.url}/health`);
  await tab.getByRole("heading", { name: "Where every accepted click went" }).waitFor();
  await tab.close();
});

test("Who signs out is out, in every tab", async () => {
  const tab = await newcomer.newPage();
  await tab.goto(`${server.url}/top`);
  await page.bringToFront();
  await page.locator(".person-button").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You have signed out.").waitFor();
  await tab.reload();
  await tab.getByRole("heading", { name: "Sign in with a link" }).waitFor();
});
