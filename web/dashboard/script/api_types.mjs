// Writes src/api.generated.ts from api/openapi.yaml. With --check it writes nothing and fails when the
// committed file is not what the description gives.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const tools = here("../tools/api-types");
const target = here("../src/api.generated.ts");
const isCheck = process.argv.includes("--check");

if (!existsSync(`${tools}/node_modules`)) {
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: tools,
    stdio: ["ignore", "ignore", "inherit"],
  });
}
const types = execFileSync(
  `${tools}/node_modules/.bin/openapi-typescript`,
  [here("../../../api/openapi.yaml")],
  { cwd: tools, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
);

if (!isCheck) {
  writeFileSync(target, types);
} else if (readFileSync(target, "utf8") !== types) {
  console.error("src/api.generated.ts is not what api/openapi.yaml gives: run `npm run api-types`");
  process.exit(1);
}
