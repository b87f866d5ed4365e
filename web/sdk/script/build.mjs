// Builds dist/: an ES module, a CommonJS module, the script-tag file, and the types of the package.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minify } from "terser";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
// Names that only we use: none of them is a name of the browser, of an option or of the wire.
const OURS =
  /^(isSending|claim|after|randomId|isPrivate|adopt|save|take|settle|waiting|addDropped|plan|leave|resume|store|consent|line|clickedAt|retryAfter)$/;
// Chrome 80, Firefox 74, Safari 13.1 and later.
const common = { bundle: true, target: "es2020", charset: "ascii", legalComments: "none" };

function outputOf(result) {
  return result.outputFiles[0].text;
}

async function buildModules() {
  const entryPoints = [join(root, "src/browser/index.ts")];
  await build({ ...common, entryPoints, format: "esm", outfile: join(dist, "clickmill.mjs") });
  await build({ ...common, entryPoints, format: "cjs", outfile: join(dist, "clickmill.cjs") });
}

/** Every byte counts here: names of ours are shortened, and terser goes over it once more. */
async function buildScript() {
  const bundled = await build({
    ...common,
    entryPoints: [join(root, "src/browser/global.ts")],
    format: "iife",
    minify: true,
    mangleProps: OURS,
    tsconfigRaw: { compilerOptions: { alwaysStrict: false } },
    write: false,
  });
  const { code } = await minify(outputOf(bundled), {
    ecma: 2020,
    compress: { passes: 4, unsafe_arrows: true, unsafe_methods: true },
    format: { ascii_only: true },
  });
  writeFileSync(join(dist, "clickmill.global.js"), `${code}\n`);
}

/** One flat file of types, so that every way of resolving modules finds it. */
function buildTypes() {
  const out = join(dist, "types");
  execFileSync(
    process.execPath,
    [
      join(root, "node_modules/typescript/bin/tsc"),
      ...["--project", root, "--noEmit", "false", "--declaration", "--emitDeclarationOnly"],
      ...["--outDir", out],
    ],
    { stdio: "inherit" },
  );
  const face = readFileSync(join(root, "src/browser/index.ts"), "utf8");
  const methods = /export const \{([^}]+)\}/.exec(face)[1].split(",");
  const lines = [
    readFileSync(join(out, "core/public.d.ts"), "utf8"),
    "/** Starts counting. A second call with the same key gives the same client. */",
    "export declare function init(options: Options): Clickmill;",
    "",
    "// These speak to the client that init() made first; called before it, they wait for it.",
    ...methods.map((name) => `export declare const ${name.trim()}: Clickmill["${name.trim()}"];`),
    "",
  ];
  rmSync(out, { recursive: true });
  writeFileSync(join(dist, "clickmill.d.ts"), lines.join("\n"));
  copyFileSync(join(dist, "clickmill.d.ts"), join(dist, "clickmill.d.cts"));
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
await buildModules();
await buildScript();
buildTypes();
