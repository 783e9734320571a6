import { shortDigests } from "@berth/shared/catalog/version-digest";
import type { Change, PlannedOperation } from "@berth/shared/operations/plan";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { DesiredInstance } from "./desired.ts";
import { specificationDifferences } from "./differences.ts";
import { operationId } from "./identify.ts";
import { isImagePresent, isUnseen, unseenNode, type Observed, type ObservedPlacement } from "./observed.ts";

/** Instances that differ from what is wanted, each after its image, its database, its needs and its node. */
export function planInstances(
  instances: readonly DesiredInstance[],
  observed: Observed,
  nodes: readonly PlannedOperation[],
): PlannedOperation[] {
  const rebuilt = new Set(
    nodes.filter((operation) => operation.change === "create").map((operation) => operation.node),
  );
  const operations = new Map<string, PlannedOperation>();
  for (const instance of instances) {
    const seen = rebuilt.has(instance.spec.node) ? unseenNode : (observed.nodes.get(instance.spec.node) ?? unseenNode);
    const placed = seen.instances === "unseen" ? undefined : seen.instances.get(instance.spec.instance);
    const isHidden = !rebuilt.has(instance.spec.node) && isUnseen(seen);
    const needed = isHidden ? unseen : instanceChange(instance, placed, observed.specifications);
    if (needed === undefined) continue;
    const images = imageOperations(instance, seen.images === "unseen" ? new Set() : seen.images, isHidden);
    for (const image of images) operations.set(image.id, image);
    const operation = instanceOperation(instance, needed, images);
    operations.set(operation.id, operation);
  }
  return [...operations.values()];
}

const unseen = { change: "repair", reason: "cannot be seen" } as const;

function instanceChange(
  { spec }: DesiredInstance,
  seen: ObservedPlacement | undefined,
  specifications: Observed["specifications"],
): { change: Change; reason: string } | undefined {
  if (seen === undefined || seen.state === "missing") return { change: "create", reason: "does not exist" };
  if (seen.hash !== spec.hash) return { change: "update", reason: updateReason(spec, seen, specifications) };
  if (seen.drift.length > 0) return { change: "repair", reason: `drifted: ${seen.drift.join(", ")}` };
  if (seen.state === "stopped") return { change: "start", reason: "is stopped" };
  // Its operation waits until it has started.
  if (seen.state === "starting") return { change: "start", reason: "is starting" };
  return seen.state === "healthy" ? undefined : { change: "repair", reason: `is ${seen.state}` };
}

function updateReason(spec: InstanceSpec, seen: ObservedPlacement, specifications: Observed["specifications"]): string {
  const before = specifications.get(seen.hash);
  if (before !== undefined) return specificationDifferences(before, spec).join(", ") || "specification changed";
  return seen.version === spec.version
    ? "specification changed"
    : `version ${shortDigests(seen.version)} -> ${shortDigests(spec.version)}`;
}

function imageOperations(
  { spec }: DesiredInstance,
  present: ReadonlySet<string>,
  isHidden: boolean,
): PlannedOperation<"image.ensure">[] {
  const missing = [...new Set(spec.containers.map((container) => container.image))].filter(
    (image) => !isImagePresent(present, image),
  );
  return missing.map((image) => ({
    id: operationId("image.ensure", spec.node, image),
    kind: "image.ensure",
    ...(isHidden ? unseen : ({ change: "create", reason: "is not on the node" } as const)),
    node: spec.node,
    target: image,
    after: [operationId("agent.ensure", spec.node)],
    input: { node: spec.node, image, registryCa: null },
  }));
}

function instanceOperation(
  { spec, after }: DesiredInstance,
  needed: { change: Change; reason: string },
  images: readonly PlannedOperation[],
): PlannedOperation<"instance.ensure"> {
  return {
    id: operationId("instance.ensure", spec.instance),
    kind: "instance.ensure",
    node: spec.node,
    target: spec.instance,
    ...needed,
    after: [operationId("agent.ensure", spec.node), ...images.map((image) => image.id), ...after],
    input: spec,
  };
}
