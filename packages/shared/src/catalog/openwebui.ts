import { defineService } from "./schema.ts";

/** Of the vectors that its embedding model gives. */
const vectorSize = 384;

/** As Open WebUI makes its collections: all its users' points in one, told apart by the first field. */
const shape = { vectorSize, partitionedBy: "tenant_id", indexes: ["metadata.hash", "metadata.file_id"] };

export default defineService({
  name: "openwebui",
  title: "Open WebUI",
  description: "Chat interface; one API key per instance, hence one instance per tenant",
  website: "https://openwebui.com",
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
    // The administrator is made at the first start. Otherwise whoever comes first becomes it.
    WEBUI_ADMIN_EMAIL: "admin@berth.internal",
    WEBUI_ADMIN_PASSWORD: "${secret.adminPassword}",
    ENABLE_SIGNUP: "False",
    // Otherwise what was saved at the first start wins over the environment for ever.
    ENABLE_PERSISTENT_CONFIG: "False",
    // Unless it is given some, it would look for models on its own machine and at OpenAI.
    ENABLE_OLLAMA_API: "False",
    ENABLE_OPENAI_API: "False",
    // Its default; collections of vectors are made for what it gives.
    RAG_EMBEDDING_MODEL: "sentence-transformers/all-MiniLM-L6-v2",
  },
  secrets: {
    secretKey: { length: 48, permanent: "the tokens of tools and logins in its database are encrypted with it" },
    adminPassword: { length: 24 },
  },
  volumes: [{ name: "data", path: "/app/backend/data" }],
  memory: "1GiB",
  health: { http: { port: 8080, path: "/health" }, startPeriodSeconds: 180 },
  uses: [
    { service: "ollama", env: { ENABLE_OLLAMA_API: "True", OLLAMA_BASE_URLS: "${service.ollama.url}" } },
    {
      service: "qdrant",
      needs: [
        {
          kind: "collections",
          collections: [
            // The design document's.
            { name: "documents", vectorSize },
            // Those that it makes itself where it may: everything of its users goes into these five.
            { name: "memories", ...shape },
            { name: "knowledge", ...shape },
            { name: "files", ...shape },
            { name: "web-search", ...shape },
            { name: "hash-based", ...shape },
          ],
        },
      ],
      env: {
        VECTOR_DB: "qdrant",
        QDRANT_URI: "${service.qdrant.url}",
        QDRANT_API_KEY: "${collections.token}",
        QDRANT_COLLECTION_PREFIX: "${collections.prefix}",
        // Without it, each file would be a collection, which its token may not make.
        ENABLE_QDRANT_MULTITENANCY_MODE: "True",
      },
    },
    {
      service: "searxng",
      env: {
        ENABLE_WEB_SEARCH: "True",
        WEB_SEARCH_ENGINE: "searxng",
        SEARXNG_QUERY_URL: "${service.searxng.url}/search?q=<query>",
      },
    },
    {
      service: "minio",
      needs: [{ kind: "buckets", buckets: ["uploads"] }],
      env: {
        STORAGE_PROVIDER: "s3",
        S3_ENDPOINT_URL: "${service.minio.url}",
        S3_REGION_NAME: "us-east-1",
        S3_ACCESS_KEY_ID: "${buckets.accessKey}",
        S3_SECRET_ACCESS_KEY: "${buckets.secretKey}",
        S3_BUCKET_NAME: "${bucket.uploads}",
        S3_ADDRESSING_STYLE: "path",
        // Flowise keeps its files in the same bucket.
        S3_KEY_PREFIX: "openwebui",
      },
    },
    {
      key: "openrouter",
      env: {
        ENABLE_OPENAI_API: "True",
        OPENAI_API_BASE_URLS: "https://openrouter.ai/api/v1",
        OPENAI_API_KEYS: "${key}",
      },
    },
  ],
  route: { port: "http" },
  backup: { method: "volumes", stop: true, note: "webui.db, and files where no object store keeps them" },
  upgrade: { oneWay: true, notes: "https://github.com/open-webui/open-webui/releases" },
});
