import { expect, test } from "vitest";
import { compareDigest } from "./published-anew.ts";

const repository = "docker.io/n8nio/n8n";
const [one, other] = ["a", "b"].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
const now = { "2.41.1": other };

test.each([
  ["is known by what its tag leads to now", "2.41.1", [`${repository}@${one}`, `${repository}@${other}`], "same"],
  ["is known by another digest", "2.41.1", [`${repository}@${one}`], "anew"],
  ["is pinned to another digest", `2.41.1@${one}`, [`${repository}@${one}`], "anew"],
  ["is pinned to what its tag leads to now", `2.41.1@${other}`, [`${repository}@${other}`], "same"],
  ["was built on the node", "2.41.1", [], "incomparable"],
  [
    "was pulled from elsewhere, with a digest of that registry's own",
    "2.41.1",
    [`10.0.6.1:5000/n8n@${other}`],
    "incomparable",
  ],
  ["is of another repository whose name begins as this one's", "2.41.1", [`${repository}-x@${other}`], "incomparable"],
  ["is told by an older agent", "2.41.1", undefined, "incomparable"],
  ["is that of no container", "2.41.1", null, "same"],
  ["has a tag that its registry says nothing of", "2.41.0", [`${repository}@${one}`], "same"],
] as const)("an image that %s", (_what, version, digests, kind) => {
  expect(compareDigest({ version, digests }, repository, now).kind).toBe(kind);
});

test("what its tag leads to now comes along", () => {
  const running = { version: "2.41.1", digests: [`${repository}@${one}`] };
  expect(compareDigest(running, repository, now)).toEqual({ kind: "anew", digest: other });
});
