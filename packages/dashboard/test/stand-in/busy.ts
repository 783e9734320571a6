/** A fleet of twelve tenants on a bad day: long names, late and failed backups, an upgrade in which one went back. */
import { runSchema, type Step } from "@berth/shared/api/runs";
import { upgradeSchema } from "@berth/shared/api/upgrades";
import { controllerStandingOf, makeBackup, nightly, ownersOf } from "./backups.ts";
import { makeInstances, makeNodes } from "./fleet.ts";
import { testRoute } from "./places.ts";
import type { ScriptedRun } from "./run.ts";
import type { StandIn } from "./stand-in.ts";
import { makeUpkeep } from "./upkeep.ts";

const minute = 60_000;
const longName = "customer-success-and-documentation-team";

export const busyTenants = [...Array.from({ length: 11 }, (_, index) => `user${index + 1}`), longName];

const wentBack =
  "user3-n8n was not healthy for 30 s; it ended with: Error: There was an error running database migrations: " +
  'relation "workflow_history" already exists';

export function makeBusy(standIn: StandIn): void {
  const now = Date.now();
  standIn.nodes.splice(0, Infinity, ...makeNodes(now, busyTenants));
  standIn.instances.splice(0, Infinity, ...makeInstances(now, busyTenants));
  Object.assign(standIn.instances.find(({ name }) => name === "user4-flowise") ?? {}, { state: "unhealthy" });
  const upkeep = makeUpkeep(now, standIn.nodes, standIn.instances);
  const at = (minutesAgo: number) => new Date(now - minutesAgo * minute).toISOString();

  const without = (owner: string) => upkeep.backups.filter((one) => one.owner !== owner || one.createdAt < at(24 * 60));
  upkeep.backups = without("user2");
  upkeep.backups = without("user3");
  upkeep.backups = upkeep.backups.filter(({ owner }) => owner !== "user11");
  const failed = makeBackup("user3", now - 95 * minute, standIn.instances, { state: "failed", run: 41 });
  failed.parts = failed.parts.map((part, index) => (index === 1 ? { ...part, state: "failed", snapshots: [] } : part));
  const running = makeBackup("user5", now - minute, standIn.instances, { state: "running", verifiedAt: null });
  running.parts = running.parts.map((part, index) => (index > 0 ? { ...part, state: "running", snapshots: [] } : part));
  const removed = makeBackup("former-customer", now - 40 * nightly, standIn.instances, { reason: "final" });
  upkeep.backups = [running, failed, ...upkeep.backups, removed];
  const shared = ["shared-langfuse", "shared-neo4j"].map((owner) => makeBackup(owner, now - 9.2 * 60 * minute, []));
  upkeep.backups.splice(8, 0, ...shared);
  for (const owner of ["user4", "user6", longName]) {
    const one = upkeep.backups.findLast((backup) => backup.owner === owner);
    if (one) one.provenAt = at(60 * 70);
  }
  upkeep.owners = ownersOf([...busyTenants, "shared-langfuse", "shared-neo4j"], upkeep.backups, { user2: at(9 * 60) });
  upkeep.controllerBackup = controllerStandingOf(now, {
    lateSince: at(8 * 60),
    failed: { id: "controller-last", createdAt: at(3 * 60), error: "/mnt/nas/berth/valuechain/controller: disk full" },
    recoveryKey: { version: 1, shownAt: null },
  });

  Object.assign(upkeep.tenants[8] ?? {}, { state: "suspended" });
  Object.assign(upkeep.tenants[9] ?? {}, { state: "kept" });
  upkeep.testRoute = (route) =>
    route.host.includes("user7-n8n")
      ? {
          host: route.host,
          outcome: "failed",
          status: 502,
          milliseconds: 31,
          reason: "the router answered 502 Bad Gateway: no server is available",
        }
      : testRoute(route);

  const moved = ["user1", "user2", "user3"].map((tenant, index) => ({
    ...{ instance: `${tenant}-n8n`, from: "2.41.3", to: "2.43.0", startedAt: at(6 - index), endedAt: at(5 - index) },
    outcome: tenant === "user3" ? "went-back" : "upgraded",
    reason: tenant === "user3" ? wentBack : null,
    gapMilliseconds: 4_310 + index * 900,
  }));
  const upgrade = {
    id: "n8n-20261129-120000-aaaa",
    service: "n8n",
    version: "2.43.0",
    startedAt: at(6),
    instances: moved,
  };
  upkeep.upgrades = [upgradeSchema.parse(upgrade), ...upkeep.upgrades];
  const [first] = upkeep.check.services;
  if (first) first.problem = "registry-1.docker.io did not answer within 10 s";
  standIn.upkeep = upkeep;
  standIn.scripted = makeUpgradeRun(now);
}

/** user1 first, then four at a time; the second batch is under way. */
function makeUpgradeRun(now: number): ScriptedRun {
  const at = (minutesAgo: number) => new Date(now - minutesAgo * minute).toISOString();
  const step = (kind: string, target: string, changes: Partial<Step>): Step => ({
    ...{
      id: `${kind}/${target}`,
      kind,
      node: null,
      target,
      change: "upgrade",
      after: [],
      state: "succeeded",
      attempt: 1,
    },
    ...{ reason: "version 2.41.3 -> 2.43.0", startedAt: at(9), endedAt: at(8), progress: null, error: null },
    ...changes,
  });
  const images = busyTenants.map((node) =>
    step("image.ensure", "n8nio/n8n:2.43.0", {
      id: `image.ensure/${node}`,
      node,
      change: "create",
      reason: "is not there",
    }),
  );
  const backups = busyTenants.map((tenant) =>
    step("backup.create", `${tenant}-n8n`, { node: tenant, change: "backup", reason: "before the upgrade" }),
  );
  const batches = [busyTenants.slice(0, 1), busyTenants.slice(1, 5), busyTenants.slice(5, 9), busyTenants.slice(9)];
  const moves = batches.flatMap((batch, index) =>
    batch.map((tenant): Step => {
      const before = batches[index - 1]?.map((other) => `instance.upgrade/${other}-n8n`);
      const after = before ?? backups.map(({ id }) => id);
      const moved = ["user1", "user2", "user3"].includes(tenant);
      if (moved) return step("instance.upgrade", `${tenant}-n8n`, { after, startedAt: at(6), endedAt: at(5) });
      const isRunning = index === 1;
      return step("instance.upgrade", `${tenant}-n8n`, {
        after,
        state: isRunning ? "running" : "waiting",
        startedAt: isRunning ? at(1) : null,
        endedAt: null,
        progress: isRunning ? "healthy, stays so for 21 s more before the next step is taken" : null,
      });
    }),
  );
  const after = moves.map(({ id }) => id);
  const end = step("upgrade.conclude", "n8n", { after, state: "waiting", startedAt: null, endedAt: null });
  const steps = [...images, ...backups, ...moves, end];
  const counts = { waiting: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
  for (const { state } of steps) counts[state] += 1;
  const createdAt = at(9);
  const run = runSchema.parse({
    ...{ id: 12, kind: "upgrade", account: "admin", state: "running", createdAt, endedAt: null, counts, steps },
  });
  const nothing = (): void => undefined;
  return {
    run,
    log: [],
    advance: () => undefined,
    fail: nothing,
    cancel: nothing,
    resume: nothing,
    tellPhases: nothing,
  };
}
