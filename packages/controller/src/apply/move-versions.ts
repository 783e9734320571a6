/**
 * New versions in a plan go the way of an upgrade where the data know no way back: each instance is copied while it is
 * stopped, and goes back to the copy should the version fail. Pure.
 */
import type { Catalog } from "@berth/shared/catalog/schema";
import type { Upgrades } from "@berth/shared/fleet/upgrades";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "../plan/desired.ts";
import { operationId } from "../plan/identify.ts";
import { inBatches, moveOperation } from "../plan/moves.ts";
import type { RecordedMove } from "./check-versions.ts";

export interface MoveContext {
  desired: Pick<Desired, "needs">;
  catalog: Catalog;
  settings: Pick<Upgrades, "batch" | "minHealthySeconds">;
  /** Id of an upgrade of the service that begins now. */
  newId: (service: string) => string;
}

/**
 * The plan with its moves as upgrades: of each service one instance first, then the others in batches, and none before
 * the images of all are there. What came after an instance comes after its upgrade.
 */
export function moveVersions(
  operations: readonly PlannedOperation[],
  moves: readonly RecordedMove[],
  context: MoveContext,
): PlannedOperation[] {
  const upgrades = new Map(
    [...Map.groupBy(moves, ({ service }) => service)].flatMap(([service, same]) =>
      moveService(service, same, operations, context).map((upgrade) => [ensureId(upgrade.target), upgrade] as const),
    ),
  );
  return operations.map((operation) => {
    const planned = upgrades.get(operation.id) ?? operation;
    return { ...planned, after: planned.after.map((id) => upgrades.get(id)?.id ?? id) };
  });
}

function moveService(
  name: string,
  moves: readonly RecordedMove[],
  operations: readonly PlannedOperation[],
  { desired, catalog, settings, newId }: MoveContext,
): PlannedOperation<"instance.upgrade">[] {
  const service = catalog.get(name);
  const [canary] = moves;
  if (service === undefined || canary === undefined) return [];
  const options = {
    ...settings,
    upgrade: newId(name),
    service,
    maxFailures: 0,
    onFailure: "stop",
    record: false,
  } as const;
  const after = new Map(operations.map((operation) => [operation.id, operation.after]));
  const own = ({ instance }: { instance: string }): readonly string[] => after.get(ensureId(instance)) ?? [];
  const images = moves.flatMap(({ spec }) => own(spec)).filter((id) => id.startsWith("image.ensure/"));
  let former: readonly string[] = [...new Set(images)];
  return inBatches({ moves, canary: canary.instance, batch: settings.batch }).flatMap((batch) => {
    const upgrades = batch.map((move) => {
      const before = new Set([...own(move.spec), ...former]);
      return moveOperation(move, [...before], options, desired);
    });
    former = upgrades.map(({ id }) => id);
    return upgrades;
  });
}

function ensureId(instance: string): string {
  return operationId("instance.ensure", instance);
}
