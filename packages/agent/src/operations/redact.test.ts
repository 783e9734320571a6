import { describe, expect, it } from "vitest";
import { redactor } from "./redact.ts";

describe("redactor", () => {
  const redact = redactor({
    DB_PASSWORD: "hunter2hunter2",
    N8N_PORT: "5678",
    DB_HOST: "10.0.6.10",
    LICENCE: "a1b2c3d4e5f6a7b8c9",
    PIN_TOKEN: "1234",
  });

  it.each([
    ["login with hunter2hunter2 failed", "login with [REDACTED] failed"],
    ["licence a1b2c3d4e5f6a7b8c9", "licence [REDACTED]"],
    ["postgres://n8n:s3cret@10.0.6.10:5432/n8n", "postgres://n8n:[REDACTED]@10.0.6.10:5432/n8n"],
    ["listening on port 5678, database 10.0.6.10", "listening on port 5678, database 10.0.6.10"],
  ])("turns %j into %j", (line, expected) => {
    expect(redact(line)).toBe(expected);
  });
});
