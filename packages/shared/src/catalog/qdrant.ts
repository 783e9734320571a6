import { defineService } from "./schema.ts";

export default defineService({
  name: "qdrant",
  title: "Qdrant",
  description: "Vector database; holds the collections of each instance that needs some, with a token for these alone",
  website: "https://qdrant.tech",
  scope: "shared",
  image: "docker.io/qdrant/qdrant",
  version: "v1.19.0",
  // Its gRPC port (6334) stays inside: everything in the fleet speaks HTTP, and what is not open needs no guarding.
  ports: [{ name: "http", container: 6333, host: 6333 }],
  env: {
    // The key to everything, and what the instances' tokens are signed with: docs/decisions/0012-qdrant-tokens.md.
    // To log in to /dashboard: `berth secret show shared-qdrant/apiKey`.
    QDRANT__SERVICE__API_KEY: "${secret.apiKey}",
    QDRANT__SERVICE__JWT_RBAC: "true",
    QDRANT__TELEMETRY_DISABLED: "true",
  },
  // Long, since whoever has a token can try keys against its signature.
  secrets: { apiKey: { length: 48 } },
  volumes: [
    { name: "storage", path: "/qdrant/storage" },
    { name: "snapshots", path: "/qdrant/snapshots" },
  ],
  memory: "2GiB",
  // /healthz and /livez answer as soon as the process listens; readyz, once the collections are loaded.
  health: { http: { port: 6333, path: "/readyz" }, intervalSeconds: 0.5 },
  route: { port: "http" },
  stopTimeoutSeconds: 30,
  backup: { method: "qdrant", note: "A snapshot of each collection. Aliases are not in it." },
  upgrade: {
    skipMinor: false,
    oneWay: true,
    notes: "https://qdrant.tech/documentation/upgrades/",
  },
});
