import type { Change, PlannedOperation } from "@berth/shared/operations/plan";
import { expect, test } from "vitest";
import type { ImageAnswer } from "../registry/image-lookup.ts";
import { unseenNode } from "./observed.ts";
import { pinImages } from "./pin-images.ts";
import { exampleDesired } from "./test-fixtures.ts";

const digest = `sha256:${"a".repeat(64)}`;
const [first] = exampleDesired().instances;
if (first === undefined) throw new Error("The example has no instance");
const { spec } = first;
const used = spec.containers[0]?.image ?? "";

function pinned(image: string, change: Change, answer: ImageAnswer = { kind: "present", digest }, knowsDigests = true) {
  const operation: PlannedOperation<"image.ensure"> = {
    ...{ id: "i", kind: "image.ensure", change, node: spec.node, target: image, reason: "", after: [] },
    input: { node: spec.node, image, registryCa: null },
  };
  const placed = {
    hash: spec.hash,
    version: spec.version,
    service: spec.service,
    state: "healthy",
    drift: [],
  } as const;
  const node = { ...unseenNode, knowsDigests, instances: new Map([[spec.instance, placed]]) };
  const observed = { nodes: new Map([[spec.node, node]]), specifications: new Map([[spec.hash, spec]]) };
  return pinImages([operation], new Map([[image, answer]]), observed)[0]?.input.digest;
}

test("an image is pulled as its registry has it, also where the node has another one under its tag", () => {
  expect(pinned("docker.io/x/new:1", "create")).toBe(digest);
  expect(pinned("docker.io/x/new:1", "verify")).toBe(digest);
});

test("what runs on the node is not exchanged below it", () => {
  expect(pinned(used, "verify")).toBeUndefined();
  expect(pinned(used, "create")).toBe(digest);
});

test("nothing is pinned that the registry did not tell, that names its digest, or for an agent that knows none", () => {
  expect(pinned("docker.io/x/new:1", "create", { kind: "unknown", reason: "It is away" })).toBeUndefined();
  expect(pinned(`docker.io/x/new:1@${digest}`, "create")).toBeUndefined();
  expect(pinned("docker.io/x/new:1", "create", { kind: "present", digest }, false)).toBeUndefined();
});
