import { defineService } from "./schema.ts";

export default defineService({
  name: "traefik",
  title: "Traefik",
  description: "Router for those who have none yet; its provider's settings go into its `env`, see `berth route token`",
  website: "https://traefik.io",
  scope: "shared",
  image: "docker.io/library/traefik",
  version: "v3.7.11",
  ports: [
    { name: "http", container: 80, host: 80 },
    { name: "https", container: 443, host: 443 },
    { name: "ping", container: 8082, host: 8082 },
  ],
  // Traefik reads its static configuration from one place only; from the environment, so that a fleet file can add to it:
  // TRAEFIK_PROVIDERS_HTTP_ENDPOINT, _HEADERS_AUTHORIZATION and _TLS_CA as `berth route token` prints them.
  env: {
    TRAEFIK_ENTRYPOINTS_WEB_ADDRESS: ":80",
    TRAEFIK_ENTRYPOINTS_WEB_HTTP_REDIRECTIONS_ENTRYPOINT_TO: "websecure",
    TRAEFIK_ENTRYPOINTS_WEBSECURE_ADDRESS: ":443",
    TRAEFIK_ENTRYPOINTS_PING_ADDRESS: ":8082",
    TRAEFIK_PING: "true",
    TRAEFIK_PING_ENTRYPOINT: "ping",
    TRAEFIK_PROVIDERS_HTTP_POLLINTERVAL: "5s",
    TRAEFIK_PROVIDERS_HTTP_POLLTIMEOUT: "5s",
    TRAEFIK_GLOBAL_CHECKNEWVERSION: "false",
    TRAEFIK_GLOBAL_SENDANONYMOUSUSAGE: "false",
  },
  volumes: [{ name: "certificates", path: "/certificates" }],
  memory: "128MiB",
  health: { http: { port: 8082, path: "/ping" } },
  stopTimeoutSeconds: 30,
  backup: { method: "volumes", note: "Certificates, when a resolver of the fleet keeps them in /certificates" },
  upgrade: {
    major: "Its rules change with a major version",
    notes: "https://doc.traefik.io/traefik/migrate/v3/",
  },
});
