// Takes pictures of every page in light, dark and phone width, and asks axe-core about each. Against
// the fixture, or with `--server http://127.0.0.1:8080 --sign-in <link>` against a real one. Prints
// problems (console errors, refused by the Content-Security-Policy, axe violations, sideways
// scrolling) and fails when there are any.
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { startFixture } from "./fixture_server.mjs";

const images = fileURLToPath(new URL("./images/", import.meta.url));
const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const option = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : process.argv[at + 1];
};
const only = option("--only");

const sizes = { wide: { width: 1280, height: 860 }, phone: { width: 360, height: 780 } };
const pages = [
  ["explore", "busy", "/explore"],
  [
    "compare",
    "busy",
    "/explore?feature=checkout.pay&feature=search.open&feature=cart.add&compare=previous&range=this_month",
  ],
  [
    "ten",
    "busy",
    `/explore?range=last7&grain=hour${["checkout.pay", "search.open", "cart.add", "product.zoom", "filter.apply", "wishlist.toggle", "share.link", "review.write", "coupon.apply", "nav.menu"].map((name) => `&feature=${name}`).join("")}`,
  ],
  ["share", "busy", "/explore?by=platform&show=share&range=last90"],
  [
    "indexed",
    "busy",
    "/explore?feature=checkout.pay&feature=search.open&show=indexed&range=last90&grain=week",
  ],
  ["today", "busy", "/explore?range=today&compare=previous"],
  ["year", "busy", "/explore?range=this_year&metric=users"],
  ["table", "busy", "/explore?feature=checkout.pay&table=1&compare=previous"],
  [
    "filtered",
    "busy",
    "/explore?filter.platform=web&filter.platform=ios&filter.app_version=4.12.0&feature=checkout.pay",
  ],
  ["top", "busy", "/top?users=1"],
  ["health", "busy", "/health"],
  ["start", "empty", "/"],
  ["signed_out", "signed_out", "/"],
  ["failing", "failing", "/explore"],
  ["nowhere", "busy", "/nowhere"],
];

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
mkdirSync(images, { recursive: true });
const problems = [];
const real = option("--server");
const stored = real ? await signedIn(real, option("--sign-in")) : undefined;

for (const [name, scene, path] of pages) {
  if (only && !only.split(",").includes(name)) continue;
  if (real && scene !== "busy") continue;
  const fixture = real ? { address: real, stop: () => undefined } : await startFixture(scene);
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"]) {
      await look(
        `${name}-${size}-${colorScheme}`,
        fixture.address + path + sampleProject(path, scene),
        {
          viewport,
          colorScheme,
        },
      );
    }
  }
  fixture.stop();
}
await browser.close();
for (const problem of problems) console.log(problem);
console.log(`${problems.length} problems; pictures in ${images}`);
process.exit(problems.length > 0 ? 1 : 0);

async function signedIn(server, link) {
  const context = await browser.newContext();
  const page = await context.newPage();
  if (link) await page.goto(link);
  await page.goto(server);
  const state = await context.storageState();
  await context.close();
  return state;
}

async function look(name, address, options) {
  const context = await browser.newContext({
    ...options,
    bypassCSP: false,
    locale: "en-GB",
    ...(stored ? { storageState: stored } : {}),
  });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() !== "error" || /status of (400|401)/.test(message.text())) return;
    problems.push(`${name}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`${name}: error: ${error.message}`));
  await page.goto(address);
  await page.waitForSelector("main h1, main h2, .problem");
  await page.waitForFunction(() => !document.querySelector(".skeleton"));
  await page.waitForTimeout(250); // fonts and the first drawing; only for the picture
  if (options.viewport.width > 800 && (name.startsWith("compare") || name.startsWith("ten"))) {
    await page.mouse.move(820, 420);
    await page.waitForTimeout(100);
  }
  await page.screenshot({ path: `${images}${name}.png`, fullPage: true });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) problems.push(`${name}: ${wide} px wider than the window`);
  const found = await page.evaluate(
    `(() => { ${axe}; return axe.run(document).then((r) => r.violations); })()`,
  );
  for (const { id, nodes } of found) {
    problems.push(
      `${name}: axe ${id}: ${nodes
        .map(({ html }) => html.slice(0, 160))
        .slice(0, 3)
        .join(" | ")}`,
    );
  }
  await context.close();
}

// The fixture's sample project, so that its badge is in the picture.
function sampleProject(path, scene) {
  if (scene !== "busy" || real) return "";
  return path.includes("?") ? "&project=shop" : "?project=shop";
}
