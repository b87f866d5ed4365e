// Fails when the script-tag file is larger than promised: 3 KiB gzipped.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 3 * 1024;
const file = readFileSync(new URL("../dist/clickmill.global.js", import.meta.url));
const size = gzipSync(file, { level: 9 }).length;
console.log(`clickmill.global.js: ${file.length} bytes, ${size} gzipped (limit ${LIMIT})`);
if (size > LIMIT) process.exit(1);
