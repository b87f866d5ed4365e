// Every page of the real program in light and dark, wide and on a phone: nothing that axe-core
// objects to, nothing that scrolls sideways, nothing in the console. With CLICKMILL_PICTURES=folder
// it leaves a picture of each there (`npm run pictures`).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { hasCountedAll } from "./support/api";
import { complaintsOf, newManager, newVisitor, openBrowser } from "./support/browser";
import { hostileNames } from "./support/hostile";
import { isSettled } from "./support/pages";
import { type Clickmill, startClickmill } from "./support/server";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = process.env.CLICKMILL_PICTURES;
const sizes = { wide: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };

// Colours do not depend on the width: each of both once is enough to test, but not to look at.
const looks: [size: keyof typeof sizes, colorScheme: "light" | "dark"][] = [
  ["wide", "light"],
  ["phone", "dark"],
];
if (pictures) looks.push(["wide", "dark"], ["phone", "light"]);

const ten = [
  "search.submit",
  "product.open",
  "product.add_to_cart",
  "product.gallery",
  "product.reviews",
  "cart.open",
  "checkout.start",
  "checkout.pay",
  "wishlist.add",
  "menu.account",
];
const features = (names: string[]) => names.map((name) => `feature=${name}`).join("&");

const busyPages: [name: string, path: string][] = [
  ["explore", "/explore"],
  ["compare", `/explore?${features(["checkout.pay", "checkout.start"])}&compare=previous`],
  ["ten-features", `/explore?${features(ten)}&range=last7&grain=hour`],
  ["hours-of-90-days", "/explore?range=last90&grain=hour"],
  ["breakdown", "/explore?by=platform&range=last90&grain=week"],
  ["share", `/explore?${features(ten.slice(0, 4))}&show=share&range=last90`],
  ["indexed", `/explore?${features(ten.slice(6, 9))}&show=indexed&range=last90&grain=week`],
  ["today", "/explore?range=today&compare=previous"],
  ["users-of-months", "/explore?range=this_year&metric=users&grain=month"],
  ["table", `/explore?${features(["checkout.pay"])}&table=1&compare=previous`],
  ["filtered", "/explore?filter.platform=web&filter.app_version=4.12.0&feature=checkout.pay"],
  ["long-names", `/explore?${features(hostileNames.map(encodeURIComponent))}&range=last7`],
  ["no-rollup", "/explore?by=browser"],
  ["before-history", "/explore?from=2020-01-01&to=2020-01-31"],
  ["top", "/top?users=1"],
  ["top-nothing-found", "/top?search=zebra"],
  ["features", "/features"],
  ["features-planned", "/features?state=planned"],
  ["features-nothing-found", "/features?search=zebra"],
  ["health", "/health"],
  ["set-up", "/start"],
  ["not-found", "/nowhere"],
  ["demo", "/demo/"],
  ["demo-checkout", "/demo/thanks.html"],
];

const newcomersPages: [name: string, path: string][] = [
  ["empty", "/"],
  ["empty-top", "/top"],
  ["empty-features", "/features"],
  ["empty-health", "/health"],
];

const strangersPages: [name: string, path: string][] = [
  ["signed-out", "/"],
  ["used-link", "/signin?token=0123456789abcdef"],
];

let browser: Browser;
let busy: Clickmill;
let empty: Clickmill;
let manager: BrowserContext;
let newcomer: BrowserContext;
let stranger: BrowserContext;

beforeAll(async () => {
  [browser, busy, empty] = await Promise.all([
    openBrowser(),
    startClickmill({ isDemo: true }),
    startClickmill(),
  ]);
  const names = [...hostileNames, ...hostileNames.slice(0, 1)];
  const sent = await busy.send(names.map((name) => ({ feature_id: name, user_id: "u_1" })));
  expect(await sent.json()).toMatchObject({ rejected: [] });
  await vi.waitUntil(() => hasCountedAll(busy), { timeout: 60_000 });
  manager = await newManager(browser, busy);
  newcomer = await newManager(browser, empty);
  stranger = await newVisitor(browser);
});

afterAll(async () => {
  await browser?.close();
  await busy?.remove();
  await empty?.remove();
});

test.each(busyPages)("The page %s is in order", (name, path) => {
  return look(manager, name, busy.url + path);
});

test.each(newcomersPages)("The page %s of a project without clicks is in order", (name, path) => {
  return look(newcomer, name, empty.url + path);
});

test.each(strangersPages)("The page %s for people without a session is in order", (name, path) => {
  return look(stranger, name, busy.url + path);
});

// One page load for all its looks: a page follows the system's colours and the window's size.
async function look(context: BrowserContext, name: string, address: string): Promise<void> {
  const complaints = complaintsOf(context);
  const page = await context.newPage();
  await page.goto(address);
  for (const [size, colorScheme] of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(sizes[size]);
    await isSettled(page);
    const picture = `${name}-${size}-${colorScheme}`;
    if (pictures) {
      await page.screenshot({ path: join(pictures, `${picture}.png`), fullPage: true });
    }
    expect(await sidewaysPixels(page), `${picture}: pixels beyond the window`).toBe(0);
    expect(await objections(page), picture).toEqual([]);
  }
  await page.close();
  if (pictures) return; // taking one adds a style, which the policy refuses
  // That no rollup holds this, or that nobody is signed in, is an answer; Chromium writes it down.
  expect(complaints.filter((text) => !/status of 40[014]/.test(text))).toEqual([]);
}

async function sidewaysPixels(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

// Without `preload` axe-core leaves the page alone; with it, it adds styles, which the policy refuses.
async function objections(page: Page): Promise<string[]> {
  await page.evaluate(`window.axe || (() => { ${axe} })()`);
  return page.evaluate(`axe.run(document, { preload: false }).then(({ violations }) => violations.map(({ id, nodes }) =>
    id + ": " + nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")))`);
}
