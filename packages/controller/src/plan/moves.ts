/** Instances on their way to another version: what is copied of each, which go together, and what carries it out. Pure. */
import type { Service } from "@berth/shared/catalog/schema";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import { BerthError } from "@berth/shared/errors";
import type { Batch } from "@berth/shared/fleet/upgrades";
import type { OperationInput } from "@berth/shared/operations/index";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { OnFailure } from "@berth/shared/operations/instance-upgrade";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "./desired.ts";
import { specificationDifferences } from "./differences.ts";
import { operationId } from "./identify.ts";

/** One instance on its way. */
export interface Move {
  spec: InstanceSpec;
  former: InstanceSpec;
}

/** The canary alone, then as many at a time as was asked for. */
export function inBatches({
  moves,
  canary,
  batch,
}: {
  moves: readonly Move[];
  canary: string;
  batch: Batch;
}): Move[][] {
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

export interface MoveOptions {
  /** Id of the upgrade. */
  upgrade: string;
  service: Service;
  minHealthySeconds: number;
  maxFailures: number;
  onFailure: OnFailure;
  /** Write the version into the desired state; false: it is there already. */
  record: boolean;
}

export function moveOperation(
  { spec, former }: Move,
  after: readonly string[],
  { upgrade, service, minHealthySeconds, maxFailures, onFailure, record }: MoveOptions,
  desired: Pick<Desired, "needs">,
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
      onFailure,
      record,
    },
  };
}

/** What it comes to in the end, once all moves are over. */
export function rollbackOperation(
  { node, target, input }: PlannedOperation<"instance.upgrade">,
  after: readonly string[],
): PlannedOperation<"instance.rollback"> {
  return {
    id: operationId("instance.rollback", target),
    kind: "instance.rollback",
    change: "upgrade",
    node,
    target,
    reason: `back to ${shortDigests(input.former.version)} if too many instances are`,
    after: [...after],
    input,
  };
}

/** All that the new version may migrate. null: nothing. */
function checkpointOf(
  { instance, containers }: InstanceSpec,
  { needs }: Pick<Desired, "needs">,
): OperationInput<"instance.upgrade">["checkpoint"] {
  const volumes = containers.flatMap((container) => container.volumes.map(({ volume }) => `${instance}-${volume}`));
  const databases = needs.flatMap(({ kind, input, server }) =>
    kind === "database.ensure" && input.instance === instance ? [{ server, database: input.database }] : [],
  );
  if (volumes.length === 0 && databases.length === 0) return null;
  return { volumes: [...new Set(volumes)], databases };
}
