import { expect, test } from "vitest";
import { digestOf, shortDigests, tagOf, withoutTag } from "./version-digest.ts";

const digest = `sha256:${"0123456789ab".padEnd(64, "c")}`;

test("a version is a tag, with or without a digest", () => {
  expect([tagOf("2.41.1"), digestOf("2.41.1")]).toEqual(["2.41.1", null]);
  expect([tagOf(`2.41.1@${digest}`), digestOf(`2.41.1@${digest}`)]).toEqual(["2.41.1", digest]);
});

test.each([
  [`docker.io/n8nio/n8n:2.41.1@${digest}`, `docker.io/n8nio/n8n@${digest}`],
  [`10.0.6.1:5000/n8n@${digest}`, `10.0.6.1:5000/n8n@${digest}`],
  ["10.0.6.1:5000/n8n:2", "10.0.6.1:5000/n8n"],
  ["10.0.6.1:5000/n8n", "10.0.6.1:5000/n8n"],
])("%s without its tag", (reference, bare) => {
  expect(withoutTag(reference)).toBe(bare);
});

test("for people, digests are shortened wherever they stand, and whole ones alone", () => {
  expect(shortDigests(`from 2@${digest} to n8n:3@${digest}.`)).toBe(
    "from 2@sha256:0123456789ab to n8n:3@sha256:0123456789ab.",
  );
  expect(shortDigests("sha256:0123456789abcdef")).toBe("sha256:0123456789abcdef");
});
