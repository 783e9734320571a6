import { defineConfig } from "vite";

/** Where `vite dev` finds an API: a controller, or `pnpm stand-in`. */
const devApi = "http://127.0.0.1:8429";

export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2024",
    // Inlined assets would be data: URLs, which the page's Content-Security-Policy does not admit.
    assetsInlineLimit: 0,
    // The polyfill is for browsers older than the target.
    modulePreload: { polyfill: false },
  },
  server: { host: "127.0.0.1", port: 5173, strictPort: true, proxy: { "/api": devApi } },
});
