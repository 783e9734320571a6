import { defineService } from "./schema.ts";

export default defineService({
  name: "openwebui",
  title: "Open WebUI",
  description: "Chat interface; one API key per instance, hence one instance per tenant",
  scope: "tenant",
  image: "ghcr.io/open-webui/open-webui",
  version: "v0.11.2",
  ports: [{ name: "http", container: 8080, host: 3000 }],
  env: {
    WEBUI_URL: "${route.url}",
    // Its WebSocket, and with it every chat, refuses a page opened at another address than these: with a hostPort, or
    // at a name of the node's own, set CORS_ALLOW_ORIGIN (separated by ';') in `env`.
    CORS_ALLOW_ORIGIN: "${route.url};http://${node.address}:3000",
    // Cookies are not Secure unless told so. Behind a TLS proxy: `env: { WEBUI_SESSION_COOKIE_SECURE: "true" }`.
    WEBUI_SECRET_KEY: "${secret.secretKey}",
    ENABLE_SIGNUP: "True",
    // Otherwise what was saved at the first start wins over the environment for ever.
    ENABLE_PERSISTENT_CONFIG: "False",
    OPENAI_API_BASE_URLS: "https://openrouter.ai/api/v1",
  },
  secrets: { secretKey: { length: 48 } },
  volumes: [{ name: "data", path: "/app/backend/data" }],
  memory: "1GiB",
  health: { http: { port: 8080, path: "/health" }, startPeriodSeconds: 180 },
  route: { port: "http" },
});
