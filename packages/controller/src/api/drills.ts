import { drillBackups, listProofs } from "@berth/shared/api/drills";
import type { FastifyInstance } from "fastify";
import type { DrillControl } from "../backups/drill-control.ts";
import { serveEndpoint } from "./endpoint.ts";
import { toPlan } from "./fleet.ts";

export function serveDrills(app: FastifyInstance, control: DrillControl): void {
  serveEndpoint(app, drillBackups, async ({ body: { of, all, dryRun }, account }) => {
    const { plan, run } = await control.drill({ of, all }, { dryRun, account: account.name });
    return { plan: toPlan(plan), run };
  });
  serveEndpoint(app, listProofs, async ({ query }) => ({ proofs: await control.proofs(query) }));
}
