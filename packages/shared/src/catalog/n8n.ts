import { ownerScript } from "./n8n/owner.ts";
import { defineService } from "./schema.ts";

const ownerFile = "/opt/berth/n8n-owner.cjs";

export default defineService({
  name: "n8n",
  title: "n8n",
  description: "Workflow automation; one owner account per instance, hence one instance per tenant",
  website: "https://n8n.io",
  scope: "tenant",
  image: "docker.io/n8nio/n8n",
  version: "2.41.1",
  ports: [{ name: "http", container: 5678, host: 5678 }],
  env: {
    N8N_PORT: "5678",
    N8N_HOST: "${route.host}",
    N8N_PROTOCOL: "https",
    N8N_EDITOR_BASE_URL: "${route.url}",
    WEBHOOK_URL: "${route.url}",
    N8N_PROXY_HOPS: "1",
    // An instance is opened at http://<node>:5678 as long as nothing terminates TLS in front of it, and n8n refuses to
    // log anyone in there with a Secure cookie. N8N_PROTOCOL only makes links: without a certificate n8n speaks HTTP.
    // Behind a TLS proxy: `env: { N8N_SECURE_COOKIE: "true" }`; webhooks for the LAN: `env: { WEBHOOK_URL: "http://…" }`.
    N8N_SECURE_COOKIE: "false",
    // The owner is set at each start. Otherwise whoever comes first becomes it. To log in: `berth secret show
    // user1-n8n/ownerPassword`. To have the owner change it in n8n: `env: { N8N_INSTANCE_OWNER_MANAGED_BY_ENV: "false" }`
    // once it has started; what was set stays. Own NODE_OPTIONS must hold this --require, too.
    N8N_INSTANCE_OWNER_MANAGED_BY_ENV: "true",
    N8N_INSTANCE_OWNER_EMAIL: "admin@berth.internal",
    OWNER_PASSWORD: "${secret.ownerPassword}",
    NODE_OPTIONS: `--require=${ownerFile}`,
    N8N_ENCRYPTION_KEY: "${secret.encryptionKey}",
    N8N_USER_MANAGEMENT_JWT_SECRET: "${secret.jwtSecret}",
    N8N_DIAGNOSTICS_ENABLED: "false",
    N8N_VERSION_NOTIFICATIONS_ENABLED: "false",
    DB_TYPE: "postgresdb",
    DB_POSTGRESDB_HOST: "${database.host}",
    DB_POSTGRESDB_PORT: "${database.port}",
    DB_POSTGRESDB_DATABASE: "${database.name}",
    DB_POSTGRESDB_USER: "${database.user}",
    DB_POSTGRESDB_PASSWORD: "${database.password}",
  },
  files: [{ path: ownerFile, content: ownerScript }],
  secrets: {
    ownerPassword: { length: 24 },
    encryptionKey: { length: 32, permanent: "the credentials in its database are encrypted with it" },
    jwtSecret: { length: 32 },
  },
  volumes: [{ name: "data", path: "/home/node/.n8n" }],
  memory: "1280MiB",
  // /healthz answers before the database is migrated; readiness does not.
  health: { http: { port: 5678, path: "/healthz/readiness" }, startPeriodSeconds: 600 },
  needs: [{ kind: "database", counts: { workflows: "workflow_entity", executions: "execution_entity" } }],
  uses: [
    {
      service: "ollama",
      // Where its Ollama credentials lead unless they say otherwise. Of the fleet's other services, n8n reads nothing from
      // its environment: their addresses go into credentials that are made in it.
      env: { CREDENTIALS_OVERWRITE_DATA: '{"ollamaApi":{"baseUrl":"${service.ollama.url}"}}' },
    },
  ],
  route: { port: "http" },
  stopTimeoutSeconds: 30,
  backup: {
    method: "volumes",
    note: "Its credentials are readable only with its encryption key, which is a secret of Berth",
  },
  upgrade: {
    oneWay: true,
    major: "From 2 to 3: see the breaking changes; it refuses to start with both binaryData and storage in its folder",
    notes: "https://docs.n8n.io/release-notes/",
  },
});
