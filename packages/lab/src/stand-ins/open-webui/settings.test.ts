import openwebui from "@berth/shared/catalog/openwebui";
import { describe, expect, it } from "vitest";
import { readSettings } from "./settings.ts";

describe("readSettings", () => {
  it("has Open WebUI's defaults", () => {
    expect(readSettings({})).toMatchObject({
      port: 8080,
      dataDirectory: "/app/backend/data",
      secretKeyIsNew: true,
      vectorDatabase: "chroma",
      ollamaBaseUrls: [],
      openaiBaseUrls: [],
    });
  });

  it("reads what Berth sets", () => {
    const settings = readSettings({
      PORT: "80",
      WEBUI_SECRET_KEY: "key",
      OLLAMA_BASE_URL: "http://ignored:1",
      OLLAMA_BASE_URLS: "http://a:11434;http://b:11434",
      OPENAI_API_BASE_URLS: "https://openrouter.ai/api/v1",
      OPENAI_API_KEYS: "one;two",
      VECTOR_DB: "qdrant",
      QDRANT_URI: "http://10.0.6.10:6333",
      DATABASE_URL: "postgresql://user:p%40ss@10.0.6.10/db",
    });
    expect(settings).toMatchObject({
      port: 80,
      secretKey: "key",
      secretKeyIsNew: false,
      ollamaBaseUrls: ["http://a:11434", "http://b:11434"],
      openaiBaseUrls: ["https://openrouter.ai/api/v1"],
      openaiKeyCount: 2,
      qdrant: { uri: "http://10.0.6.10:6333", prefix: "open-webui" },
      databaseServer: { host: "10.0.6.10", port: 5432 },
    });
  });

  it("reads everything that the catalog gives it once the fleet has it", () => {
    const connected: Record<string, string> = Object.assign({}, openwebui.env, ...openwebui.uses.map(({ env }) => env));
    const filled = Object.entries(connected).map(([name, value]): [string, string] => [
      name,
      value.replaceAll(/\$\{service\.\w+\.url\}/g, "http://10.0.6.10:1").replaceAll(/\$\{[\w.]+\}/g, "x.example"),
    ]);
    expect(readSettings(Object.fromEntries(filled))).toMatchObject({
      ollamaBaseUrls: ["http://10.0.6.10:1"],
      openaiBaseUrls: ["https://openrouter.ai/api/v1"],
      openaiKeyCount: 1,
      qdrant: { apiKey: "x.example" },
      objectStore: { bucket: "x.example", keyPrefix: "openwebui" },
      searxngQueryUrl: "http://10.0.6.10:1/search?q=<query>",
      administrator: { email: "admin@berth.internal" },
    });
    // Before it has anything, it is connected to nothing.
    const alone = readSettings(openwebui.env);
    expect(alone).toMatchObject({ ollamaBaseUrls: [], openaiBaseUrls: [], vectorDatabase: "chroma" });
    expect(alone.qdrant ?? alone.objectStore ?? alone.searxngQueryUrl).toBeUndefined();
  });

  it.each([
    [{ STORAGE_PROVIDER: "s3" }, "S3_ENDPOINT_URL"],
    [{ ENABLE_WEB_SEARCH: "True", WEB_SEARCH_ENGINE: "searxng" }, "SEARXNG_QUERY_URL"],
    [{ PORT: "http" }, "PORT"],
    [{ OLLAMA_BASE_URL: "nowhere" }, "OLLAMA_BASE_URL"],
    [{ VECTOR_DB: "qdrant" }, "QDRANT_URI"],
    [{ DATABASE_URL: "mysql://user:hunter2@host/db" }, "DATABASE_URL"],
  ])("refuses %j, naming the variable", (environment, name) => {
    expect(() => readSettings(environment)).toThrow(name);
  });

  it("never shows the password of a URL it refuses", () => {
    expect(() => readSettings({ DATABASE_URL: "mysql://user:hunter2@host/db" })).not.toThrow("hunter2");
  });
});
