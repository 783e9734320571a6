import {
  checkUpgrades,
  holdInstance,
  listUpgrades,
  releaseInstance,
  startUpgrade,
  type UpgradeCheck,
} from "@berth/shared/api/upgrades";
import type { FastifyInstance } from "fastify";
import type { FleetPlan } from "../plan/plan.ts";
import type { UpgradeControl } from "../upgrades/upgrade-control.ts";
import { serveEndpoint } from "./endpoint.ts";
import { toPlan } from "./fleet.ts";

export interface UpgradesApi {
  control: UpgradeControl;
  /** null: of every service. */
  check: (service: string | null) => Promise<UpgradeCheck>;
}

export function serveUpgrades(app: FastifyInstance, { control, check }: UpgradesApi): void {
  serveEndpoint(app, startUpgrade, async ({ body: { dryRun, ...request }, account }) =>
    answer(await control.start(request, { dryRun, account: account.name })),
  );
  serveEndpoint(app, listUpgrades, async ({ query }) => ({ upgrades: await control.list(query.limit) }));
  serveEndpoint(app, checkUpgrades, ({ query }) => check(query.service ?? null));
  serveEndpoint(app, holdInstance, async ({ body: { instance, version, dryRun }, account }) =>
    answer(await control.hold(instance, version ?? null, { dryRun, account: account.name })),
  );
  serveEndpoint(app, releaseInstance, async ({ body: { instance, dryRun }, account }) =>
    answer(await control.release(instance, { dryRun, account: account.name })),
  );
}

function answer<Change extends { plan: FleetPlan }>({ plan, ...change }: Change) {
  return { plan: toPlan(plan), ...change };
}
