import { defineService } from "./schema.ts";

const version = "4.30.0";

const madeOnce = "it is read at the first start alone; change it in Langfuse itself";

/** Both containers are configured alike. */
const environment = {
  // At the node's address and without TLS, for its cookies are Secure with an address of https, and nobody could log in
  // there. With TLS in front: `env: { NEXTAUTH_URL: "https://…" }`, as for links in mails and for single sign-on.
  NEXTAUTH_URL: "http://${node.address}:3002",
  DATABASE_URL: "${database.url}",
  SALT: "${secret.salt}",
  ENCRYPTION_KEY: "${secret.encryptionKey}",
  TELEMETRY_ENABLED: "false",
  CLICKHOUSE_URL: "${service.clickhouse.url}",
  CLICKHOUSE_MIGRATION_URL: "clickhouse://${service.clickhouse.address}:${service.clickhouse.port.native}",
  CLICKHOUSE_USER: "clickhouse",
  CLICKHOUSE_PASSWORD: "${service.clickhouse.secret.password}",
  CLICKHOUSE_CLUSTER_ENABLED: "false",
  REDIS_HOST: "${service.redis.address}",
  REDIS_PORT: "${service.redis.port}",
  REDIS_AUTH: "${service.redis.secret.password}",
  LANGFUSE_S3_EVENT_UPLOAD_BUCKET: "${bucket.events}",
  LANGFUSE_S3_EVENT_UPLOAD_ENDPOINT: "${service.minio.url}",
  LANGFUSE_S3_EVENT_UPLOAD_REGION: "us-east-1",
  LANGFUSE_S3_EVENT_UPLOAD_ACCESS_KEY_ID: "${buckets.accessKey}",
  LANGFUSE_S3_EVENT_UPLOAD_SECRET_ACCESS_KEY: "${buckets.secretKey}",
  LANGFUSE_S3_EVENT_UPLOAD_FORCE_PATH_STYLE: "true",
  // Browsers load media from this very address, by signed links.
  LANGFUSE_S3_MEDIA_UPLOAD_BUCKET: "${bucket.media}",
  LANGFUSE_S3_MEDIA_UPLOAD_ENDPOINT: "${service.minio.url}",
  LANGFUSE_S3_MEDIA_UPLOAD_REGION: "us-east-1",
  LANGFUSE_S3_MEDIA_UPLOAD_ACCESS_KEY_ID: "${buckets.accessKey}",
  LANGFUSE_S3_MEDIA_UPLOAD_SECRET_ACCESS_KEY: "${buckets.secretKey}",
  LANGFUSE_S3_MEDIA_UPLOAD_FORCE_PATH_STYLE: "true",
};

export default defineService({
  name: "langfuse",
  title: "Langfuse",
  description: "Traces, prompts and evaluations of what language models are asked",
  website: "https://langfuse.com",
  scope: "shared",
  image: "docker.io/langfuse/langfuse",
  version,
  ports: [{ name: "http", container: 3000, host: 3002 }],
  env: {
    ...environment,
    // Next.js listens at the name in HOSTNAME, which Docker sets to the container's id.
    HOSTNAME: "0.0.0.0",
    NODE_OPTIONS: "--max-old-space-size=448",
    NEXTAUTH_SECRET: "${secret.sessionSecret}",
    AUTH_DISABLE_SIGNUP: "true",
    // One organisation, project and user, made at the first start. More are made by hand: the API for that is part of
    // the enterprise edition only.
    LANGFUSE_INIT_ORG_ID: "berth",
    LANGFUSE_INIT_ORG_NAME: "Berth",
    LANGFUSE_INIT_PROJECT_ID: "berth",
    LANGFUSE_INIT_PROJECT_NAME: "Berth",
    LANGFUSE_INIT_PROJECT_PUBLIC_KEY: "pk-lf-${secret.projectPublicKey}",
    LANGFUSE_INIT_PROJECT_SECRET_KEY: "sk-lf-${secret.projectSecretKey}",
    // A name to log in with, whatever the instance is called; another one later would make another user.
    LANGFUSE_INIT_USER_EMAIL: "admin@berth.internal",
    LANGFUSE_INIT_USER_NAME: "Administrator",
    LANGFUSE_INIT_USER_PASSWORD: "${secret.adminPassword}",
  },
  secrets: {
    salt: { length: 32, permanent: "the API keys of its projects are hashed with it" },
    encryptionKey: { length: 64, alphabet: "hex", permanent: "the keys in its database are encrypted with it" },
    sessionSecret: { length: 48 },
    projectPublicKey: { length: 32, permanent: madeOnce },
    projectSecretKey: { length: 32, permanent: madeOnce },
    adminPassword: { length: 24, permanent: madeOnce },
  },
  memory: "608MiB",
  // It migrates PostgreSQL and ClickHouse before it listens.
  health: {
    http: { port: 3000, path: "/api/public/health?failIfDatabaseUnavailable=true" },
    intervalSeconds: 5,
    startPeriodSeconds: 600,
  },
  stopTimeoutSeconds: 60,
  parts: [
    {
      name: "worker",
      starts: "after",
      image: "docker.io/langfuse/langfuse-worker",
      version,
      env: { ...environment, NODE_OPTIONS: "--max-old-space-size=304" },
      memory: "416MiB",
      health: { http: { port: 3030, path: "/api/health" }, intervalSeconds: 5, startPeriodSeconds: 180 },
      stopTimeoutSeconds: 60,
    },
  ],
  needs: [
    { kind: "database" },
    { kind: "buckets", buckets: ["events", "media"] },
    { kind: "service", service: "redis" },
    { kind: "service", service: "clickhouse" },
  ],
  route: { port: "http" },
  backup: {
    method: "none",
    note: "It keeps nothing itself: all is in its database, its buckets and ClickHouse, and readable only with its salt and encryption key",
  },
  upgrade: {
    oneWay: true,
    major: "From 3: upgrade ClickHouse first and set LANGFUSE_MIGRATION_V4_WRITE_MODE to legacy or dual for the change",
    notes: "https://langfuse.com/self-hosting/upgrade",
  },
});
