/** Images as their registries had them when the plan was made, so that each node pulls the same. Pure. */
import { digestOf } from "@berth/shared/catalog/version-digest";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { ImageAnswer } from "../registry/image-lookup.ts";
import { type Observed, unseenNode } from "./observed.ts";

/**
 * The operations, with the digests that registries gave. An image that something on the node runs stays as it is there:
 * pulled anew under its tag, it would be exchanged below whatever runs it.
 */
export function pinImages<Operation extends PlannedOperation>(
  operations: readonly Operation[],
  answers: ReadonlyMap<string, ImageAnswer>,
  observed: Pick<Observed, "nodes" | "specifications">,
): Operation[] {
  return operations.map((operation) => {
    if (operation.kind !== "image.ensure") return operation;
    const { node, image } = operation.input;
    const answer = answers.get(image);
    const isPinnable = answer?.kind === "present" && digestOf(image) === null;
    if (!isPinnable || !(observed.nodes.get(node) ?? unseenNode).knowsDigests) return operation;
    if (operation.change === "verify" && imagesInUse(node, observed).has(image)) return operation;
    return { ...operation, input: { ...operation.input, digest: answer.digest } };
  });
}

/** By what its instances were made of, as far as that is on record. */
function imagesInUse(node: string, { nodes, specifications }: Pick<Observed, "nodes" | "specifications">): Set<string> {
  const { instances } = nodes.get(node) ?? unseenNode;
  const placed = instances === "unseen" ? [] : [...instances.values()];
  return new Set(placed.flatMap(({ hash }) => specifications.get(hash)?.containers.map(({ image }) => image) ?? []));
}
