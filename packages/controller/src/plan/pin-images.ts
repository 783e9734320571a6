/** Images as their registries had them when the plan was made, so that each node pulls the same. Pure. */
import { digestOf } from "@berth/shared/catalog/version-digest";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { type Observed, unseenNode } from "./observed.ts";

/** What registries said, by image; without a digest where one did not tell it. */
type Answers = ReadonlyMap<string, { kind: string; digest?: string }>;

/**
 * The operations, with the digests that registries gave. An image that something on the node runs stays as it is there:
 * pulled anew under its tag, it would be exchanged below whatever runs it.
 */
export function pinImages<Operation extends PlannedOperation>(
  operations: readonly Operation[],
  answers: Answers,
  observed: Pick<Observed, "nodes" | "specifications">,
): Operation[] {
  return operations.map((operation) => {
    if (operation.kind !== "image.ensure") return operation;
    const { node, image } = operation.input;
    const digest = answers.get(image)?.digest;
    if (digest === undefined || digestOf(image) !== null) return operation;
    if (!(observed.nodes.get(node) ?? unseenNode).knowsDigests) return operation;
    if (operation.change === "verify" && imagesInUse(node, observed).has(image)) return operation;
    return { ...operation, input: { ...operation.input, digest } };
  });
}

/** By what its instances were made of, as far as that is on record. */
function imagesInUse(node: string, { nodes, specifications }: Pick<Observed, "nodes" | "specifications">): Set<string> {
  const { instances } = nodes.get(node) ?? unseenNode;
  const placed = instances === "unseen" ? [] : [...instances.values()];
  return new Set(placed.flatMap(({ hash }) => specifications.get(hash)?.containers.map(({ image }) => image) ?? []));
}
