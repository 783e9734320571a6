import { defineService } from "./schema.ts";
import { gatewayConfiguration } from "./supabase/gateway.ts";
import { supabaseParts } from "./supabase/parts.ts";

/** Ten years, and the same at every look: a token is made again when its claims change. */
const validity = { iat: Date.UTC(2026, 0, 1) / 1000, exp: Date.UTC(2036, 0, 1) / 1000 };

/** The release 0.8.1 of upstream's composition, without edge functions, connection pool and logs. */
export default defineService({
  name: "supabase",
  title: "Supabase",
  description:
    "Database with accounts, REST, GraphQL, realtime and files, for applications; user of its page: supabase",
  website: "https://supabase.com/docs/guides/self-hosting",
  scope: "shared",
  image: "docker.io/envoyproxy/envoy",
  version: "v1.39.1",
  ports: [{ name: "http", container: 8000, host: 8000 }],
  files: [{ path: "/etc/envoy/envoy.yaml", content: gatewayConfiguration }],
  memory: "96MiB",
  health: { http: { port: 8000, path: "/healthz" }, startPeriodSeconds: 300 },
  parts: supabaseParts,
  secrets: {
    databasePassword: { length: 32, permanent: "it is read when the database is first made alone" },
    jwtSecret: { length: 48 },
    anonKey: { token: { signedWith: "jwtSecret", claims: { role: "anon", iss: "supabase", ...validity } } },
    serviceRoleKey: {
      token: { signedWith: "jwtSecret", claims: { role: "service_role", iss: "supabase", ...validity } },
    },
    dashboardPassword: { length: 24 },
    secretKeyBase: { length: 64 },
    // AES-128: neither shorter nor longer.
    realtimeEncryptionKey: { length: 16, permanent: "what Realtime keeps in the database is encrypted with it" },
    metaCryptoKey: { length: 32 },
    s3AccessKey: { length: 32, alphabet: "hex" },
    s3SecretKey: { length: 64, alphabet: "hex" },
  },
  route: { port: "http" },
  backup: {
    method: "volumes",
    stop: true,
    note: "Its roles and extensions do not survive pg_dump alone; the volume db-config holds the key of what is encrypted",
  },
  upgrade: {
    oneWay: true,
    major: "From PostgreSQL 15 to 17 by upstream's utils/upgrade-pg17.sh",
    notes: "https://github.com/supabase/supabase/blob/master/docker/CHANGELOG.md",
  },
});
