import langfuse from "@berth/shared/catalog/langfuse";
import { describe, expect, it } from "vitest";
import { Environment } from "../base/environment.ts";
import { readCommonSettings, readInitialProject } from "./settings.ts";

/** What the catalog gives it, with values in the places of placeholders. */
function given(changes: Record<string, string | undefined> = {}): Environment {
  const values: Record<string, string> = {
    "secret.encryptionKey": "a1".repeat(32),
    "database.url": "postgresql://shared_langfuse:hunter2hunter2@10.0.6.10:5432/shared_langfuse",
  };
  const env = { ...langfuse.env, ...langfuse.parts[0]?.env };
  const filled = Object.entries(env).map(([name, text]) => [
    name,
    text
      .replaceAll(/\$\{service\.\w+\.url\}/g, "http://10.0.6.10:9000")
      .replaceAll(/\$\{service\.\w+\.port(\.\w+)?\}/g, "9009")
      .replaceAll(/\$\{([\w.]+)\}/g, (_, placeholder: string) => values[placeholder] ?? "10.0.6.10"),
  ]);
  return new Environment({ ...Object.fromEntries(filled), ...changes });
}

describe("Langfuse's environment", () => {
  it("is complete as the catalog gives it", () => {
    expect(readCommonSettings(given())).toMatchObject({
      events: { bucket: "10.0.6.10" },
      clickHouse: { user: "clickhouse" },
    });
    expect(readInitialProject(given())).toMatchObject({
      organisation: { id: "berth" },
      project: { id: "berth" },
      keys: { publicKey: expect.stringMatching(/^pk-lf-/) },
      user: { email: "admin@berth.internal" },
    });
  });

  it.each([
    ["ENCRYPTION_KEY", "a1a1"],
    ["ENCRYPTION_KEY", "xy".repeat(32)],
    ["SALT", undefined],
    ["DATABASE_URL", "mysql://root:hunter2hunter2@host/db"],
    ["NEXTAUTH_URL", "langfuse.example.org"],
    ["CLICKHOUSE_URL", undefined],
    ["CLICKHOUSE_MIGRATION_URL", "http://10.0.6.10:8123"],
    ["CLICKHOUSE_PASSWORD", ""],
    ["LANGFUSE_S3_EVENT_UPLOAD_BUCKET", undefined],
    ["LANGFUSE_S3_MEDIA_UPLOAD_FORCE_PATH_STYLE", "false"],
  ])("is refused with %s=%s, which is named", (name, value) => {
    expect(() => readCommonSettings(given({ [name]: value }))).toThrow(name);
    expect(() => readCommonSettings(given({ [name]: value }))).not.toThrow("hunter2");
  });

  it("asks ClickHouse for no cluster", () => {
    expect(() => readCommonSettings(given({ CLICKHOUSE_CLUSTER_ENABLED: undefined }))).toThrow("cluster");
  });

  it("makes nobody with an address that is none, or a password that is too short", () => {
    expect(() => readInitialProject(given({ LANGFUSE_INIT_USER_EMAIL: "admin@10.0.6.10" }))).toThrow("USER_EMAIL");
    expect(() => readInitialProject(given({ LANGFUSE_INIT_USER_PASSWORD: "short" }))).toThrow("8 characters");
  });

  it("makes nothing unless it is told an organisation", () => {
    expect(readInitialProject(given({ LANGFUSE_INIT_ORG_ID: undefined }))).toBeUndefined();
  });
});
