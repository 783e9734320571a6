import { defineService } from "./schema.ts";

export default defineService({
  name: "flowise",
  title: "Flowise",
  description: "Low-code AI flows; one admin account per instance, hence one instance per tenant",
  website: "https://flowiseai.com",
  scope: "tenant",
  image: "docker.io/flowiseai/flowise",
  version: "3.1.4",
  ports: [{ name: "http", container: 3000, host: 3001 }],
  env: {
    // Nothing here names its first account: whoever opens it first makes it (3.1.4 reads none from its environment).
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
    encryptionKey: { length: 32, permanent: "the credentials in its database are encrypted with it" },
    authTokenSecret: { length: 48 },
    refreshTokenSecret: { length: 48 },
    sessionSecret: { length: 48 },
    tokenHashSecret: { length: 48 },
  },
  volumes: [{ name: "data", path: "/root/.flowise" }],
  memory: "1536MiB",
  health: { http: { port: 3000, path: "/api/v1/ping" }, startPeriodSeconds: 600 },
  needs: [{ kind: "database", counts: { flows: "chat_flow", messages: "chat_message" } }],
  // Of Ollama and Qdrant, Flowise itself reads nothing from its environment: they are entered into flows. A variable of
  // type 'runtime' in Flowise brings these names there: {{$vars.QDRANT_URL}}.
  uses: [
    { service: "ollama", env: { OLLAMA_BASE_URL: "${service.ollama.url}" } },
    {
      service: "qdrant",
      needs: [
        {
          kind: "collections",
          collections: [
            // What its Qdrant node assumes, and OpenAI's text-embedding-3-small gives.
            { name: "vectors", vectorSize: 1536 },
            // What nomic-embed-text gives, of the fleet's own Ollama.
            { name: "vectors-768", vectorSize: 768 },
          ],
        },
      ],
      env: {
        QDRANT_URL: "${service.qdrant.url}",
        QDRANT_API_KEY: "${collections.token}",
        QDRANT_COLLECTION: "${collections.prefix}_vectors",
      },
    },
    {
      service: "minio",
      needs: [{ kind: "buckets", buckets: ["uploads"] }],
      env: {
        STORAGE_TYPE: "s3",
        S3_STORAGE_BUCKET_NAME: "${bucket.uploads}",
        S3_STORAGE_ACCESS_KEY_ID: "${buckets.accessKey}",
        S3_STORAGE_SECRET_ACCESS_KEY: "${buckets.secretKey}",
        S3_STORAGE_REGION: "us-east-1",
        S3_ENDPOINT_URL: "${service.minio.url}",
        S3_FORCE_PATH_STYLE: "true",
      },
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
    major: "From 2 to 3: accounts replace the login of the environment, and the first visitor claims the instance",
    notes: "https://github.com/FlowiseAI/Flowise/releases",
  },
});
