import { describe, expect, it } from "vitest";
import { containerSpec } from "../testing/specs.ts";
import { redactor } from "./redact.ts";

describe("redactor", () => {
  const settings = `
server:
  secret_key: "correct-horse"
  port: 8080
  auth: enabled
  limiter: false
database = postgresql://app:tr0ub4dor@10.0.6.10/app
[["grant", "q9w8e7r6t5y4u3i2"]]
`;
  const main = containerSpec({
    env: {
      DB_PASSWORD: "hunter2hunter2",
      N8N_PORT: "5678",
      DB_HOST: "10.0.6.10",
      LICENCE: "a1b2c3d4e5f6a7b8c9",
      PIN_TOKEN: "1234",
      CACHE: "redis://:open-sesame@10.0.6.10:6379/0",
    },
  });
  const worker = containerSpec({ name: "user1-web-worker", files: [{ path: "/etc/app.yml", content: settings }] });
  const redact = redactor({ containers: [main, worker] });

  it.each([
    ["login with hunter2hunter2 failed", "login with [REDACTED] failed"],
    ["licence a1b2c3d4e5f6a7b8c9", "licence [REDACTED]"],
    ["postgres://n8n:s3cret@10.0.6.10:5432/n8n", "postgres://n8n:[REDACTED]@10.0.6.10:5432/n8n"],
    ["redis://:open-sesame@10.0.6.10:6379/0", "[REDACTED]"],
    ["redis refused the password open-sesame", "redis refused the password [REDACTED]"],
    ["of a file: correct-horse, tr0ub4dor, q9w8e7r6t5y4u3i2", "of a file: [REDACTED], [REDACTED], [REDACTED]"],
    ["server on 8080, limiter false, auth enabled", "server on 8080, limiter false, auth enabled"],
    ["listening on port 5678, database 10.0.6.10", "listening on port 5678, database 10.0.6.10"],
  ])("turns %j into %j", (line, expected) => {
    expect(redact(line)).toBe(expected);
  });
});
