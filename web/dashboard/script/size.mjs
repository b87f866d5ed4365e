// Fails when what the first visit loads is over its budget: 60 KB of JavaScript and 12 KB of CSS, each
// gzipped. Counts what index.html names and whatever those modules import at once; parts that are
// loaded later (import()) are listed and not counted.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const budgets = { js: 60 * 1000, css: 12 * 1000 };
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const page = readFileSync(`${dist}index.html`, "utf8");

const first = new Set(
  [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]),
);
for (const name of first) {
  if (!name.endsWith(".js")) continue;
  const text = readFileSync(dist + name, "utf8");
  for (const [, module] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) {
    first.add(`assets/${module}`);
  }
}

const totals = { js: 0, css: 0 };
for (const file of readdirSync(`${dist}assets`)) {
  const name = `assets/${file}`;
  const bytes = gzipSync(readFileSync(dist + name), { level: 9 }).length;
  const kind = name.split(".").pop();
  if (first.has(name) && kind in totals) totals[kind] += bytes;
  console.log(`${String(bytes).padStart(8)}  ${first.has(name) ? "first" : "later"}  ${name}`);
}

let isOver = false;
for (const [kind, budget] of Object.entries(budgets)) {
  console.log(`${kind}: ${totals[kind]} of ${budget} bytes gzipped on the first visit`);
  if (totals[kind] > budget) isOver = true;
}
if (isOver) {
  console.error("The first visit is over its budget: load a part later, or do without it.");
  process.exit(1);
}
