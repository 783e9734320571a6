import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import type { Change, PlannedOperation } from "@berth/shared/operations/plan";
import type { DesiredInstance } from "./desired.ts";
import { operationId } from "./identify.ts";
import type { Observed } from "./observed.ts";

/**
 * Databases that are missing or differ, each after its server. One that could not be asked after is planned too:
 * ensuring is safe, and its instance must not start without it.
 */
export function planDatabases(
  instances: readonly DesiredInstance[],
  observed: Observed,
  planned: readonly PlannedOperation[],
): PlannedOperation<"database.ensure">[] {
  const servers = new Set(planned.map((operation) => operation.id));
  return instances.flatMap(({ database, spec }) => {
    if (database === null) return [];
    const server = operationId("instance.ensure", database.server);
    const needed = databaseChange(database, observed, servers.has(server));
    if (needed === undefined) return [];
    const id = operationId("database.ensure", database.database);
    return [
      {
        id,
        kind: "database.ensure",
        node: nodeOf(database.server, instances) ?? spec.node,
        target: database.database,
        ...needed,
        after: [server],
        input: database,
      },
    ];
  });
}

function nodeOf(instance: string, instances: readonly DesiredInstance[]): string | undefined {
  return instances.find(({ spec }) => spec.instance === instance)?.spec.node;
}

function databaseChange(
  need: DatabaseNeed,
  observed: Observed,
  serverPlanned: boolean,
): { change: Change; reason: string } | undefined {
  const seen = observed.databases.get(need.database);
  if (seen === undefined)
    return { change: "create", reason: serverPlanned ? "does not exist" : "could not be checked" };
  if (!seen.exists) return { change: "create", reason: "does not exist" };
  return seen.differences.length === 0 ? undefined : { change: "repair", reason: seen.differences.join(", ") };
}
