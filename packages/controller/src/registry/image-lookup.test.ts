import { BerthError } from "@berth/shared/errors";
import { beforeEach, expect, test } from "vitest";
import { createImageLookup, type ImageLookup } from "./image-lookup.ts";
import type { ResolvedImage } from "./registry.ts";

const digest = `sha256:${"0".repeat(64)}`;
const present: ResolvedImage = { digest };
let asked: string[];
let answer: (image: string) => Promise<ResolvedImage>;
let tags: () => Promise<string[]>;
let time: number;
let lookUp: ImageLookup;

beforeEach(() => {
  asked = [];
  answer = () => Promise.resolve(present);
  tags = () => Promise.resolve(["1.0", "2.0"]);
  time = 0;
  lookUp = createImageLookup({
    resolve: (image, { signal }) => {
      asked.push(image);
      const ended = new Promise<never>((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
      return Promise.race([answer(image), ended]);
    },
    tags: () => tags(),
    now: () => time,
    totalMilliseconds: 50,
  });
});

const look = async (image: string, ca: string | null = null) => (await lookUp([image], ca)).get(image);

test("each image is asked for once, and what was there again only after some minutes", async () => {
  expect([...(await lookUp(["a.io/x:1", "a.io/y:1", "a.io/x:1"], null)).values()]).toEqual([
    { kind: "present", digest },
    { kind: "present", digest },
  ]);
  expect(asked).toEqual(["a.io/x:1", "a.io/y:1"]);
  time = 4 * 60_000;
  await look("a.io/x:1");
  expect(asked).toHaveLength(2);
  time = 6 * 60_000;
  await look("a.io/x:1");
  expect(asked).toHaveLength(3);
});

test("what is missing comes with the tags nearest to it, and may be there at the next look", async () => {
  answer = () => Promise.resolve({ missing: true, reason: "a.io has no tag '2.1' of 'x'" });
  expect(await look("a.io/x:2.1")).toEqual({
    kind: "missing",
    reason: "a.io has no tag '2.1' of 'x'",
    nearest: ["2.0", "1.0"],
  });
  tags = () => Promise.reject(new BerthError("image.unavailable", "The registry a.io lists no tags"));
  expect(await look("a.io/x:2.1")).toMatchObject({ kind: "missing", nearest: [] });
  tags = () => Promise.reject(new BerthError("not-found", "a.io has no image 'x'"));
  expect(await look("a.io/x:2.1")).toEqual({ kind: "missing", reason: "a.io has no image 'x'", nearest: [] });
  answer = () => Promise.resolve(present);
  expect(await look("a.io/x:2.1")).toEqual({ kind: "present", digest });
});

test("no tag is near to a digest that is missing", async () => {
  answer = () => Promise.resolve({ missing: true, reason: "a.io has no such digest" });
  expect(await look(`a.io/x:2@sha256:${"a".repeat(64)}`)).toMatchObject({ kind: "missing", nearest: [] });
});

test("a registry that does not say is left alone for a minute, unless it is trusted by another CA", async () => {
  answer = () => Promise.reject(new BerthError("image.unavailable", "The registry a.io cannot be asked: ECONNREFUSED"));
  const unknown = { kind: "unknown", reason: "The registry a.io cannot be asked: ECONNREFUSED" };
  expect([await look("a.io/x:1"), await look("a.io/x:1")]).toEqual([unknown, unknown]);
  expect(asked).toHaveLength(1);
  await look("a.io/x:1", "another");
  expect(asked).toHaveLength(2);
  time = 61_000;
  await look("a.io/x:1");
  expect(asked).toHaveLength(3);
});

test("all together have one deadline, and one that is silent keeps no other from being told", async () => {
  answer = (image) => (image === "a.io/x:1" ? new Promise<never>(() => undefined) : Promise.resolve(present));
  expect([...(await lookUp(["a.io/x:1", "a.io/y:1"], null))]).toEqual([
    ["a.io/x:1", { kind: "unknown", reason: "its registry did not answer within 0.05 s" }],
    ["a.io/y:1", { kind: "present", digest }],
  ]);
});

test("a registry on the node itself is not asked here", async () => {
  for (const registry of ["localhost:5000", "127.0.0.1", "[::1]:5000"]) {
    expect(await look(`${registry}/x:1`)).toBeUndefined();
  }
  expect(asked).toEqual([]);
});
