import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { Secret } from "@berth/shared/secret";
import { findSecrets, findSecretsInStream } from "./find.ts";
import { createRedactor } from "./redactor.ts";

const value = `pa/ss "w+ord\\~?`;
const secret = new Secret(value);
const { redact } = createRedactor(() => [secret]);
const basic = (user: string) => Buffer.from(`${user}:${value}`).toString("base64");

const writings: [string, string, string][] = [
  ["as it is", value, "plain"],
  ["within JSON", JSON.stringify({ password: value }), "json"],
  ["in a connection string", `postgres://u:${encodeURIComponent(value)}@h/d`, "url"],
  [
    "in a connection string with small escapes",
    encodeURIComponent(value).replaceAll(/%../g, (x) => x.toLowerCase()),
    "url",
  ],
  ["as a form has it", new URLSearchParams({ password: value }).toString(), "url"],
  ["as base64", Buffer.from(value).toString("base64"), "base64"],
  ["behind a user's name of 1 letter", basic("u"), "base64"],
  ["behind a user's name of 2 letters", basic("uu"), "base64"],
  ["behind a user's name of 3 letters", basic("uuu"), "base64"],
  ["as base64 for URLs", Buffer.from(value).toString("base64url"), "base64"],
  ["as hex", Buffer.from(value).toString("hex"), "hex"],
  ["as HEX", Buffer.from(value).toString("hex").toUpperCase(), "hex"],
];

describe.each(writings)("a secret written %s", (_, text, form) => {
  const line = `before ${text} after`;

  test("is taken out, and nothing else is", () => {
    const redacted = redact(line);
    expect(redacted).toMatch(/^before .*\[REDACTED\].* after$/);
    expect(findSecrets(redacted, new Map([["it", secret]]))).toEqual([]);
  });

  test("is found", () => {
    expect(
      findSecrets(
        line,
        new Map([
          ["it", secret],
          ["other", new Secret("another value")],
        ]),
      ),
    ).toContainEqual({ name: "it", form });
  });

  test("is found across the pieces of a stream", async () => {
    const bytes = Buffer.from(line);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 5) }, (__, index) =>
      bytes.subarray(index * 5, index * 5 + 5),
    );
    const found = await findSecretsInStream(Readable.from(pieces), new Map([["it", secret]]));
    expect(found).toContainEqual({ name: "it", form });
  });
});

test("a short value is neither taken out nor looked for", () => {
  const short = new Secret("letter");
  expect(createRedactor(() => [short]).redact("a letter")).toBe("a letter");
  expect(findSecrets("a letter", new Map([["short", short]]))).toEqual([]);
});

test("what holds no secret has none found in it", async () => {
  const secrets = new Map([["it", secret]]);
  expect(findSecrets("nothing to see", secrets)).toEqual([]);
  expect(await findSecretsInStream(Readable.from(["nothing", " to see"]), secrets)).toEqual([]);
  expect(await findSecretsInStream(Readable.from(["anything"]), new Map())).toEqual([]);
});
