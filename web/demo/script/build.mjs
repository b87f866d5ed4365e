// Builds dist/: the pages as they lie in public/, and one script for each.
import { cpSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
cpSync(join(root, "public"), dist, { recursive: true });
await build({
  entryPoints: [join(root, "src/shop.ts"), join(root, "src/thanks.ts")],
  bundle: true,
  minify: true,
  target: "es2022",
  format: "iife",
  charset: "utf8",
  outdir: dist,
});
