// One file after the other: each has a browser and a server to itself, and one of them looks at the
// clock. The longest wait is generous, because what ends a wait is a condition.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["*.test.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
