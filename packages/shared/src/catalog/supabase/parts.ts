/** The containers of the Supabase stack but its gateway: versions and settings of upstream's release 0.8.1. */
import type * as z from "zod";
import type { partSchema } from "../schema.ts";

type Definition = z.input<typeof partSchema>;

const database = "postgres://%:${secret.databasePassword}@${part.db}:5432/postgres";
const databaseAs = (role: string): string => database.replace("%", role);

/** The services' own roles come with the image and without passwords. */
const rolePasswords = `\\getenv password POSTGRES_PASSWORD
alter role authenticator with password :'password';
alter role supabase_admin with password :'password';
alter role supabase_auth_admin with password :'password';
alter role supabase_storage_admin with password :'password';
`;

const realtimeSchema = "create schema if not exists _realtime authorization supabase_admin;\n";

const db: Definition = {
  name: "db",
  image: "docker.io/supabase/postgres",
  version: "17.6.1.136",
  command: ["postgres", "-c", "config_file=/etc/postgresql/postgresql.conf", "-c", "log_min_messages=fatal"],
  env: {
    POSTGRES_HOST: "/var/run/postgresql",
    POSTGRES_PASSWORD: "${secret.databasePassword}",
    POSTGRES_DB: "postgres",
    PGPASSWORD: "${secret.databasePassword}",
    PGDATABASE: "postgres",
    JWT_EXP: "3600",
  },
  files: [
    { path: "/docker-entrypoint-initdb.d/init-scripts/99-roles.sql", content: rolePasswords },
    { path: "/docker-entrypoint-initdb.d/migrations/99-realtime.sql", content: realtimeSchema },
  ],
  volumes: [
    { name: "db", path: "/var/lib/postgresql/data" },
    // The key of what the database encrypts (pgsodium, Vault): without it, a copy of the data is worth little.
    { name: "db-config", path: "/etc/postgresql-custom" },
  ],
  memory: "640MiB",
  health: {
    command: ["pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres"],
    intervalSeconds: 2,
    startPeriodSeconds: 300,
  },
  stopTimeoutSeconds: 60,
};

const auth: Definition = {
  name: "auth",
  image: "docker.io/supabase/gotrue",
  version: "v2.196.0",
  env: {
    GOTRUE_API_HOST: "0.0.0.0",
    GOTRUE_API_PORT: "9999",
    API_EXTERNAL_URL: "${route.url}/auth/v1",
    GOTRUE_DB_DRIVER: "postgres",
    GOTRUE_DB_DATABASE_URL: databaseAs("supabase_auth_admin"),
    GOTRUE_SITE_URL: "${route.url}",
    GOTRUE_DISABLE_SIGNUP: "false",
    GOTRUE_JWT_ADMIN_ROLES: "service_role",
    GOTRUE_JWT_AUD: "authenticated",
    GOTRUE_JWT_DEFAULT_GROUP_NAME: "authenticated",
    GOTRUE_JWT_EXP: "3600",
    GOTRUE_JWT_ISSUER: "${route.url}/auth/v1",
    GOTRUE_JWT_SECRET: "${secret.jwtSecret}",
    GOTRUE_EXTERNAL_EMAIL_ENABLED: "true",
    GOTRUE_EXTERNAL_PHONE_ENABLED: "false",
    GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED: "false",
    // There is no mail server to send a confirmation by.
    GOTRUE_MAILER_AUTOCONFIRM: "true",
    GOTRUE_MAILER_URLPATHS_INVITE: "/auth/v1/verify",
    GOTRUE_MAILER_URLPATHS_CONFIRMATION: "/auth/v1/verify",
    GOTRUE_MAILER_URLPATHS_RECOVERY: "/auth/v1/verify",
    GOTRUE_MAILER_URLPATHS_EMAIL_CHANGE: "/auth/v1/verify",
  },
  memory: "96MiB",
  health: { http: { port: 9999, path: "/health" }, intervalSeconds: 5, startPeriodSeconds: 300 },
};

const rest: Definition = {
  name: "rest",
  image: "docker.io/postgrest/postgrest",
  version: "v14.17",
  env: {
    PGRST_DB_URI: databaseAs("authenticator"),
    PGRST_DB_SCHEMAS: "public,storage,graphql_public",
    PGRST_DB_EXTRA_SEARCH_PATH: "public,extensions",
    PGRST_DB_MAX_ROWS: "1000",
    PGRST_DB_ANON_ROLE: "anon",
    PGRST_DB_USE_LEGACY_GUCS: "false",
    PGRST_JWT_SECRET: "${secret.jwtSecret}",
    PGRST_APP_SETTINGS_JWT_EXP: "3600",
    PGRST_ADMIN_SERVER_PORT: "3001",
  },
  memory: "96MiB",
  health: { http: { port: 3001, path: "/ready" }, intervalSeconds: 5, startPeriodSeconds: 300 },
};

const realtime: Definition = {
  name: "realtime",
  image: "docker.io/supabase/realtime",
  version: "v2.134.10",
  env: {
    PORT: "4000",
    APP_NAME: "realtime",
    DB_HOST: "${part.db}",
    DB_PORT: "5432",
    DB_USER: "supabase_admin",
    DB_PASSWORD: "${secret.databasePassword}",
    DB_NAME: "postgres",
    DB_AFTER_CONNECT_QUERY: "SET search_path TO _realtime",
    DB_ENC_KEY: "${secret.realtimeEncryptionKey}",
    API_JWT_SECRET: "${secret.jwtSecret}",
    METRICS_JWT_SECRET: "${secret.jwtSecret}",
    SECRET_KEY_BASE: "${secret.secretKeyBase}",
    ERL_AFLAGS: "-proto_dist inet_tcp",
    DNS_NODES: "''",
    RLIMIT_NOFILE: "10000",
    SEED_SELF_HOST: "true",
    RUN_JANITOR: "true",
    DISABLE_HEALTHCHECK_LOGGING: "true",
  },
  memory: "352MiB",
  health: { http: { port: 4000, path: "/healthcheck" }, intervalSeconds: 5, startPeriodSeconds: 180 },
};

const imgproxy: Definition = {
  name: "imgproxy",
  image: "docker.io/darthsim/imgproxy",
  version: "v3.31.4",
  env: {
    IMGPROXY_BIND: ":5001",
    IMGPROXY_LOCAL_FILESYSTEM_ROOT: "/",
    IMGPROXY_USE_ETAG: "true",
    IMGPROXY_AUTO_WEBP: "true",
    IMGPROXY_MAX_SRC_RESOLUTION: "16.8",
  },
  volumes: [{ name: "storage", path: "/var/lib/storage" }],
  memory: "96MiB",
  health: { http: { port: 5001, path: "/health" }, intervalSeconds: 5, startPeriodSeconds: 300 },
};

const storage: Definition = {
  name: "storage",
  image: "docker.io/supabase/storage-api",
  version: "v1.74.0",
  env: {
    ANON_KEY: "${secret.anonKey}",
    SERVICE_KEY: "${secret.serviceRoleKey}",
    AUTH_JWT_SECRET: "${secret.jwtSecret}",
    POSTGREST_URL: "http://${part.rest}:3000",
    DATABASE_URL: databaseAs("supabase_storage_admin"),
    STORAGE_PUBLIC_URL: "${route.url}",
    REQUEST_ALLOW_X_FORWARDED_PATH: "true",
    FILE_SIZE_LIMIT: "52428800",
    STORAGE_BACKEND: "file",
    FILE_STORAGE_BACKEND_PATH: "/var/lib/storage",
    GLOBAL_S3_BUCKET: "stub",
    TENANT_ID: "stub",
    REGION: "stub",
    ENABLE_IMAGE_TRANSFORMATION: "true",
    IMGPROXY_URL: "http://${part.imgproxy}:5001",
    S3_PROTOCOL_ACCESS_KEY_ID: "${secret.s3AccessKey}",
    S3_PROTOCOL_ACCESS_KEY_SECRET: "${secret.s3SecretKey}",
  },
  volumes: [{ name: "storage", path: "/var/lib/storage" }],
  memory: "224MiB",
  health: { http: { port: 5000, path: "/status" }, intervalSeconds: 5, startPeriodSeconds: 300 },
};

const meta: Definition = {
  name: "meta",
  image: "docker.io/supabase/postgres-meta",
  version: "v0.99.0",
  env: {
    PG_META_PORT: "8080",
    PG_META_DB_HOST: "${part.db}",
    PG_META_DB_PORT: "5432",
    PG_META_DB_NAME: "postgres",
    PG_META_DB_USER: "supabase_admin",
    PG_META_DB_PASSWORD: "${secret.databasePassword}",
    CRYPTO_KEY: "${secret.metaCryptoKey}",
  },
  memory: "128MiB",
  health: { http: { port: 8080, path: "/health" }, intervalSeconds: 5, startPeriodSeconds: 300 },
};

const studio: Definition = {
  name: "studio",
  image: "docker.io/supabase/studio",
  version: "2026.09.07-sha-7996410",
  env: {
    // Next.js listens at the name in HOSTNAME, which Docker sets to the container's id.
    HOSTNAME: "0.0.0.0",
    STUDIO_PG_META_URL: "http://${part.meta}:8080",
    PG_META_CRYPTO_KEY: "${secret.metaCryptoKey}",
    POSTGRES_HOST: "${part.db}",
    POSTGRES_PORT: "5432",
    POSTGRES_DB: "postgres",
    POSTGRES_PASSWORD: "${secret.databasePassword}",
    PGRST_DB_SCHEMAS: "public,storage,graphql_public",
    PGRST_DB_MAX_ROWS: "1000",
    PGRST_DB_EXTRA_SEARCH_PATH: "public",
    DEFAULT_ORGANIZATION_NAME: "Berth",
    DEFAULT_PROJECT_NAME: "Berth",
    SUPABASE_URL: "http://${main}:8000",
    SUPABASE_PUBLIC_URL: "${route.url}",
    SUPABASE_ANON_KEY: "${secret.anonKey}",
    SUPABASE_SERVICE_KEY: "${secret.serviceRoleKey}",
    AUTH_JWT_SECRET: "${secret.jwtSecret}",
    // Logs need Logflare and Vector, which upstream made optional and which are left out.
    ENABLED_FEATURES_LOGS_ALL: "false",
    NEXT_PUBLIC_ENABLE_LOGS: "false",
    SNIPPETS_MANAGEMENT_FOLDER: "/app/snippets",
  },
  volumes: [{ name: "snippets", path: "/app/snippets" }],
  memory: "320MiB",
  health: {
    http: { port: 3000, path: "/api/platform/profile" },
    intervalSeconds: 5,
    timeoutSeconds: 10,
    startPeriodSeconds: 300,
  },
};

/** In the order of their start. */
export const supabaseParts: Definition[] = [db, auth, rest, realtime, imgproxy, storage, meta, studio];
