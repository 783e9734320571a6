import type { Change, PlannedOperation } from "@berth/shared/operations/plan";
import type { Desired } from "./desired.ts";
import type { DesiredNeed } from "./desired-needs.ts";
import { operationId } from "./identify.ts";
import type { Observed } from "./observed.ts";

/**
 * Needs that are missing or differ, each after its store. One that could not be asked after is planned too: ensuring is
 * safe, and its instance must not start without it.
 */
export function planNeeds(
  { needs, instances }: Pick<Desired, "needs" | "instances">,
  observed: Observed,
  planned: readonly PlannedOperation[],
): PlannedOperation[] {
  const ids = new Set(planned.map((operation) => operation.id));
  const nodes = new Map(instances.map(({ spec }) => [spec.instance, spec.node]));
  return needs.flatMap((need) => {
    const server = operationId("instance.ensure", need.server);
    const needed = needChange(need, observed, ids.has(server));
    if (needed === undefined) return [];
    const { kind, target, input } = need;
    const operation = { id: needId(need), node: nodes.get(need.server) ?? null, target, ...needed, after: [server] };
    // The kind and its input belong together; spread apart, the compiler no longer sees it.
    return [{ ...operation, kind, input } as PlannedOperation];
  });
}

export function needId({ kind, target }: Pick<DesiredNeed, "kind" | "target">): string {
  return operationId(kind, target);
}

function needChange(
  need: DesiredNeed,
  observed: Observed,
  serverPlanned: boolean,
): { change: Change; reason: string } | undefined {
  const seen = observed.needs.get(needId(need));
  if (seen === undefined)
    return { change: "create", reason: serverPlanned ? "does not exist" : "could not be checked" };
  if (!seen.exists) return { change: "create", reason: "does not exist" };
  return seen.differences.length === 0 ? undefined : { change: "repair", reason: seen.differences.join(", ") };
}
