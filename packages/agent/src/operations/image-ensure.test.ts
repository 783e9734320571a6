import { BerthError } from "@berth/shared/errors";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeEngine } from "../testing/fake-engine.ts";
import { imageEnsure } from "./image-ensure.ts";
import { untold } from "./phases.ts";

const image = "10.0.6.1:5000/test/web:1";
const [planned, other] = [`sha256:${"a".repeat(64)}`, `sha256:${"b".repeat(64)}`];

let engine: FakeEngine;
beforeEach(() => {
  engine = new FakeEngine();
});

function ensure(digest?: string) {
  const input = { node: "user1", image, registryCa: null, ...(digest === undefined ? {} : { digest }) };
  const context = { signal: new AbortController().signal, progress: () => undefined, phase: untold };
  return imageEnsure({ engine, registryCertificates: "/nonexistent" })(input, context);
}

function isThere(...digests: string[]): void {
  engine.images.set(image, "sha256:1");
  engine.digests.set(image, digests);
}

describe("an image that was planned by its digest", () => {
  it("is left alone where it is there, also under another tag's digest besides", async () => {
    isThere(other, planned);
    expect(await ensure(planned)).toEqual({ pulled: false, imageId: "sha256:1" });
    expect(engine.changes).toEqual([]);
  });

  it.each([
    ["none", []],
    ["another one", [other]],
  ] as const)("is pulled where the tag has %s, and only once", async (_what, digests) => {
    if (digests.length > 0) isThere(...digests);
    engine.offers.set(image, planned);
    expect(await ensure(planned)).toMatchObject({ pulled: true });
    expect(await ensure(planned)).toMatchObject({ pulled: false });
    expect(engine.changes).toEqual([`pull ${image}`]);
  });

  it("is refused when the registry gives another one by now", async () => {
    engine.offers.set(image, other);
    const refusal = await ensure(planned).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BerthError);
    expect(refusal).toMatchObject({
      code: "image.not-found",
      message: `${image} is ${other} to this node, and was ${planned} when it was planned.`,
    });
  });
});

it("without a digest, what is there under the tag is taken as it is", async () => {
  isThere(other);
  expect(await ensure()).toMatchObject({ pulled: false });
});
