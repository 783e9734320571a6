import { defineService } from "./schema.ts";

export default defineService({
  name: "flowise",
  title: "Flowise",
  description: "Low-code AI flows; one admin account per instance, hence one instance per tenant",
  scope: "tenant",
  image: "docker.io/flowiseai/flowise",
  version: "3.1.4",
  ports: [{ name: "http", container: 3000, host: 3001 }],
  env: {
    PORT: "3000",
    APP_URL: "${route.url}",
    // Opened at http://<node>:3001 as long as nothing terminates TLS in front of it, where a browser drops the Secure
    // cookies that Flowise sets for an APP_URL of https, or always when NODE_ENV is production (its image leaves it
    // unset). Behind a TLS proxy: `env: { SECURE_COOKIES: "true" }`.
    SECURE_COOKIES: "false",
    DATABASE_TYPE: "postgres",
    DATABASE_HOST: "${database.host}",
    DATABASE_PORT: "${database.port}",
    DATABASE_NAME: "${database.name}",
    DATABASE_USER: "${database.user}",
    DATABASE_PASSWORD: "${database.password}",
    FLOWISE_SECRETKEY_OVERWRITE: "${secret.encryptionKey}",
    JWT_AUTH_TOKEN_SECRET: "${secret.authTokenSecret}",
    JWT_REFRESH_TOKEN_SECRET: "${secret.refreshTokenSecret}",
    EXPRESS_SESSION_SECRET: "${secret.sessionSecret}",
    TOKEN_HASH_SECRET: "${secret.tokenHashSecret}",
    DISABLE_FLOWISE_TELEMETRY: "true",
  },
  secrets: {
    encryptionKey: { length: 32 },
    authTokenSecret: { length: 48 },
    refreshTokenSecret: { length: 48 },
    sessionSecret: { length: 48 },
    tokenHashSecret: { length: 48 },
  },
  volumes: [{ name: "data", path: "/root/.flowise" }],
  memory: "1536MiB",
  health: { http: { port: 3000, path: "/api/v1/ping" }, startPeriodSeconds: 600 },
  needs: [{ kind: "database" }],
  route: { port: "http" },
  stopTimeoutSeconds: 30,
});
