import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { compressed } from "./src/build/compressed.ts";

/** Where `vite dev` finds an API: a controller, or `pnpm stand-in`. */
const devApi = "http://127.0.0.1:8429";

/** The terminal is a document of its own, with a policy of its own: nothing of it is loaded before it is opened. */
const documents = ["index.html", "terminal.html"].map((name) => fileURLToPath(new URL(name, import.meta.url)));

export default defineConfig({
  base: "/",
  plugins: [compressed()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2024",
    // Inlined assets would be data: URLs, which the page's Content-Security-Policy does not admit.
    assetsInlineLimit: 0,
    // The polyfill is for browsers older than the target.
    modulePreload: { polyfill: false },
    rolldownOptions: { input: documents },
  },
  server: {
    host: "127.0.0.1",
    port: 5173,
    strictPort: true,
    // The host stays as the browser has it: a WebSocket's origin is compared with it.
    proxy: { "/api": { target: devApi, ws: true } },
  },
});
