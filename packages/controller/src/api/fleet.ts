import { getFleetFile, getInventory, postApply, postPlan } from "@berth/shared/api/fleet";
import { getStatus, getVersion, type FleetStatus } from "@berth/shared/api/status";
import type { Plan } from "@berth/shared/operations/plan";
import type { FastifyInstance } from "fastify";
import { scopedFleetStatus } from "../accounts/scope.ts";
import type { FleetControl } from "../apply/apply.ts";
import type { FleetPlan } from "../plan/plan.ts";
import { serveEndpoint } from "./endpoint.ts";
import type { SinceOf } from "./since.ts";

export interface FleetApi {
  version: string;
  control: Pick<FleetControl, "plan" | "apply">;
  /** Text of the present desired state; throws `not-found` when there is none. */
  exportFile: () => Promise<string>;
  status: () => Promise<FleetStatus>;
  inventory: (format: "berth" | "ansible") => Promise<Record<string, unknown>>;
}

export function serveFleet(app: FastifyInstance, fleet: FleetApi, sinceOf: SinceOf): void {
  serveEndpoint(app, getVersion, () => Promise.resolve({ version: fleet.version }));
  serveEndpoint(app, getStatus, async ({ scope }) => {
    const [status, since] = await Promise.all([fleet.status(), sinceOf(scope)]);
    return scopedFleetStatus(status, scope, since);
  });
  serveEndpoint(app, postPlan, async ({ body }) => toPlan(await fleet.control.plan(body)));
  serveEndpoint(app, postApply, async ({ body, account }) => {
    const { plan, run } = await fleet.control.apply(body, account.name);
    return { plan: toPlan(plan), run };
  });
  serveEndpoint(app, getFleetFile, async () => ({ yaml: await fleet.exportFile() }));
  serveEndpoint(app, getInventory, ({ query }) => fleet.inventory(query.format));
}

/** The typed inputs of the planner, as the plain records that cross the wire. */
export function toPlan({ operations, warnings }: FleetPlan): Plan {
  return { operations: operations.map((operation) => ({ ...operation, input: { ...operation.input } })), warnings };
}
