/** From the instances that are to be moved to the run that moves them. Pure. */
import { shortDigests } from "@berth/shared/catalog/version-digest";
import type { Batch } from "@berth/shared/fleet/upgrades";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { OnFailure } from "@berth/shared/operations/instance-upgrade";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Service } from "@berth/shared/catalog/schema";
import type { Desired } from "../plan/desired.ts";
import { operationId } from "../plan/identify.ts";
import { pinImages } from "../plan/pin-images.ts";
import type { ImageAnswer } from "../registry/image-lookup.ts";
import { inBatches, type Move, moveOperation, rollbackOperation } from "../plan/moves.ts";
import { isImagePresent, type Observed } from "../plan/observed.ts";

export interface PlannedUpgrade {
  /** Id of the upgrade. */
  upgrade: string;
  service: Service;
  version: string;
  /** In the order of the fleet, at least one. */
  moves: readonly Move[];
  /** Instance that goes first. */
  canary: string;
  batch: Batch;
  minHealthySeconds: number;
  maxFailures: number;
  onFailure: OnFailure;
  /** Backups and checks of what the instances hold; nothing is stopped before all of them have succeeded. */
  first: readonly PlannedOperation[];
}

export interface UpgradeContext {
  /** With the instances on the new version. */
  desired: Desired;
  observed: Observed;
  /** What registries say of images that some node lacks. */
  images: ReadonlyMap<string, ImageAnswer>;
}

export function planUpgrade(upgrade: PlannedUpgrade, context: UpgradeContext): PlannedOperation[] {
  const pulled = upgrade.moves.flatMap(({ spec }) => imagesOf(spec, context.observed));
  const images = new Map(pinImages(pulled, context.images, context.observed).map((image) => [image.id, image]));
  const before = [...images.values(), ...upgrade.first];
  const upgrades: PlannedOperation<"instance.upgrade">[] = [];
  let former = before.map(({ id }) => id);
  for (const batch of inBatches(upgrade)) {
    const operations = batch.map((move) => moveOperation(move, former, { ...upgrade, record: true }, context.desired));
    upgrades.push(...operations);
    former = operations.map(({ id }) => id);
  }
  const moved = upgrades.map(({ id }) => id);
  const rollbacks = upgrade.onFailure === "stop" ? [] : upgrades.map((each) => rollbackOperation(each, moved));
  const all = [...before, ...upgrades, ...rollbacks, conclusion(upgrade, [...upgrades, ...rollbacks])];
  return [...new Map(all.map((operation) => [operation.id, operation])).values()];
}

/** How the run's last step is called: by it a run is known that is under way. */
export function conclusionId(service: string, version: string): string {
  return operationId("upgrade.conclude", service, version);
}

function imagesOf({ node, containers }: InstanceSpec, { nodes }: Observed): PlannedOperation<"image.ensure">[] {
  const images = nodes.get(node)?.images ?? "unseen";
  return [...new Set(containers.map(({ image }) => image))].map((image) => ({
    id: operationId("image.ensure", node, image),
    kind: "image.ensure",
    ...(images !== "unseen" && isImagePresent(images, image)
      ? ({ change: "verify", reason: "is on the node" } as const)
      : ({ change: "create", reason: "is not on the node" } as const)),
    node,
    target: image,
    after: [],
    input: { node, image, registryCa: null },
  }));
}

function conclusion(
  { upgrade, service, version, moves }: PlannedUpgrade,
  upgrades: readonly PlannedOperation[],
): PlannedOperation<"upgrade.conclude"> {
  return {
    id: conclusionId(service.name, version),
    kind: "upgrade.conclude",
    change: "upgrade",
    node: null,
    target: service.name,
    reason: `${shortDigests(version)} becomes its version where all of them run it`,
    after: upgrades.map(({ id }) => id),
    input: { upgrade, service: service.name, version, instances: moves.map(({ spec }) => spec.instance) },
  };
}
