// Builds the dashboard into dist/: one page, hashed assets, nothing inline (the server sends a strict
// Content-Security-Policy). `npm run dev` forwards questions to a server on the default port.
import { defineConfig } from "vitest/config";

const server = "http://127.0.0.1:8080";

export default defineConfig({
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": server, "/v1": server, "/signin": server, "/sdk.js": server } },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    env: { TZ: "America/St_Johns" }, // an odd zone: nothing may depend on the machine's own
  },
});
