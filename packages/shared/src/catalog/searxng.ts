import { defineService } from "./schema.ts";

// What is not said here is as upstream has it. The secret key comes by environment.
const settings = `use_default_settings: true

search:
  # Open WebUI asks for JSON, which upstream refuses unless it is listed.
  formats:
    - html
    - json

server:
  # It would take Open WebUI, which asks often, for a robot.
  limiter: false
  image_proxy: true
`;

export default defineService({
  name: "searxng",
  title: "SearXNG",
  description: "Search of the web through many engines, for people and for Open WebUI",
  website: "https://docs.searxng.org",
  scope: "shared",
  image: "docker.io/searxng/searxng",
  // It has no stable line: every tag is a day and a commit.
  version: "2026.9.25-12f8b6515",
  ports: [{ name: "http", container: 8080, host: 8081 }],
  // No SEARXNG_BASE_URL: without it, it answers under the name or address that it was asked at.
  env: { SEARXNG_SECRET: "${secret.secretKey}", GRANIAN_HOST: "0.0.0.0" },
  files: [{ path: "/etc/searxng/settings.yml", content: settings }],
  secrets: { secretKey: { length: 64, alphabet: "hex" } },
  volumes: [{ name: "cache", path: "/var/cache/searxng" }],
  memory: "512MiB",
  health: { http: { port: 8080, path: "/healthz" } },
  route: { port: "http" },
  backup: { method: "none", note: "A cache; its settings are Berth's" },
  upgrade: { sideBySide: true, notes: "https://github.com/searxng/searxng/commits/master" },
});
