/** From the instances that are to be moved to the run that moves them. Pure. */
import { BerthError } from "@berth/shared/errors";
import type { Batch } from "@berth/shared/fleet/upgrades";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { OperationInput } from "@berth/shared/operations/index";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Service } from "@berth/shared/catalog/schema";
import type { Desired } from "../plan/desired.ts";
import { specificationDifferences } from "../plan/differences.ts";
import { operationId } from "../plan/identify.ts";
import type { Observed } from "../plan/observed.ts";

/** One instance on its way. */
export interface Move {
  spec: InstanceSpec;
  former: InstanceSpec;
}

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
  /** Backups and checks of what the instances hold; nothing is stopped before all of them have succeeded. */
  first: readonly PlannedOperation[];
}

export interface UpgradeContext {
  /** With the instances on the new version. */
  desired: Desired;
  observed: Observed;
}

export function planUpgrade(upgrade: PlannedUpgrade, context: UpgradeContext): PlannedOperation[] {
  const images = new Map(
    upgrade.moves.flatMap(({ spec }) => imagesOf(spec, context.observed)).map((image) => [image.id, image]),
  );
  const before = [...images.values(), ...upgrade.first];
  const upgrades: PlannedOperation<"instance.upgrade">[] = [];
  let former = before.map(({ id }) => id);
  for (const batch of inBatches(upgrade)) {
    const operations = batch.map((move) => upgradeOperation(move, former, upgrade, context));
    upgrades.push(...operations);
    former = operations.map(({ id }) => id);
  }
  const all = [...before, ...upgrades, conclusion(upgrade, upgrades)];
  return [...new Map(all.map((operation) => [operation.id, operation])).values()];
}

/** The canary alone, then as many at a time as was asked for. */
export function inBatches({ moves, canary, batch }: Pick<PlannedUpgrade, "moves" | "canary" | "batch">): Move[][] {
  const first = moves.find(({ spec }) => spec.instance === canary);
  if (first === undefined) throw new BerthError("internal", `The upgrade does not move its canary ${canary}`);
  const others = moves.filter((move) => move !== first);
  const size = batchSize(batch, moves.length);
  const batches = [[first]];
  for (let begin = 0; begin < others.length; begin += size) batches.push(others.slice(begin, begin + size));
  return batches;
}

/** A share is of all that are moved, rounded down, and never of nobody. */
export function batchSize(batch: Batch, of: number): number {
  if (typeof batch === "number") return batch;
  return Math.max(1, Math.floor((of * Number.parseInt(batch, 10)) / 100));
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
    ...(images !== "unseen" && images.has(image)
      ? ({ change: "verify", reason: "is on the node" } as const)
      : ({ change: "create", reason: "is not on the node" } as const)),
    node,
    target: image,
    after: [],
    input: { node, image, registryCa: null },
  }));
}

function upgradeOperation(
  { spec, former }: Move,
  after: readonly string[],
  { upgrade, service, minHealthySeconds, maxFailures }: PlannedUpgrade,
  { desired }: UpgradeContext,
): PlannedOperation<"instance.upgrade"> {
  return {
    id: operationId("instance.upgrade", spec.instance),
    kind: "instance.upgrade",
    change: "upgrade",
    node: spec.node,
    target: spec.instance,
    reason: specificationDifferences(former, spec).join(", "),
    after: [...after],
    input: {
      upgrade,
      spec,
      former,
      checkpoint: service.upgrade.oneWay ? checkpointOf(former, desired) : null,
      minHealthySeconds,
      maxFailures,
      record: true,
    },
  };
}

/** All that the new version may migrate. null: nothing. */
export function checkpointOf(
  { instance, containers }: InstanceSpec,
  { needs }: Desired,
): OperationInput<"instance.upgrade">["checkpoint"] {
  const volumes = containers.flatMap((container) => container.volumes.map(({ volume }) => `${instance}-${volume}`));
  const databases = needs.flatMap(({ kind, input, server }) =>
    kind === "database.ensure" && input.instance === instance ? [{ server, database: input.database }] : [],
  );
  if (volumes.length === 0 && databases.length === 0) return null;
  return { volumes: [...new Set(volumes)], databases };
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
    reason: `${version} becomes its version where all of them run it`,
    after: upgrades.map(({ id }) => id),
    input: { upgrade, service: service.name, version, instances: moves.map(({ spec }) => spec.instance) },
  };
}
