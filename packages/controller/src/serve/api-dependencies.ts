/** What the API's routes call, made of the controller's rooms. */
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import { BerthError } from "@berth/shared/errors";
import type { ApiDependencies } from "../api/app.ts";
import { noFleetYet } from "../apply/fleet-store.ts";
import { createFollowingApply } from "../apply/follow-apply.ts";
import { createNodeControl } from "../apply/node-control.ts";
import { tenantSince } from "../inventory/tenants.ts";
import { listEvents, toEvent } from "../inventory/events.ts";
import { ansibleInventory, berthInventory } from "../status/inventory-formats.ts";
import { presentDisks } from "../status/disks.ts";
import { fleetStatus, readStatus } from "../status/status.ts";
import { suspendedInstances } from "../status/suspended.ts";
import { createStops } from "../stops/stop-control.ts";
import { createRestart } from "../restarts/restart.ts";
import { createSecretControl } from "../rotation/secret-control.ts";
import { createCapacityApi } from "./capacity.ts";
import { forgetNode } from "./forget-node.ts";
import { createHistoryApi } from "./history.ts";
import { createSamplesApi } from "./samples.ts";
import { openPrometheus } from "./prometheus.ts";
import { createTenantsApi } from "./tenants.ts";
import { createLiveChanges } from "./live-changes.ts";
import type { Controller } from "./open-controller.ts";
import { findRunUnderWay } from "./run-under-way.ts";
import { createInstancesApi } from "./streams.ts";

export function createApi(controller: Controller, onFailure: (error: unknown) => void): ApiDependencies {
  const { inventory, hub, runner, store, fleetControl, accounts, provisioning, usage } = controller;
  const statusDependencies = {
    inventory,
    hub,
    fleetName: async () => (await store.current())?.fleet.fleet ?? null,
  };
  const status = () => readStatus(statusDependencies);
  const nodes = createNodeControl({
    control: fleetControl,
    store,
    catalog,
    inspect: provisioning.inspect,
    isEnrolled: (node) => hub.connection(node) !== undefined,
    forget: (node) => forgetNode(node, { hub, inventory }),
    uninstall: provisioning.uninstall,
    uninstallCommand: provisioning.uninstallCommand,
    createJoinToken: (request) => hub.createJoinToken(request),
    installCommand: provisioning.installCommand,
  });
  return {
    fleet: {
      version: controller.version,
      control: {
        plan: fleetControl.plan,
        apply: createFollowingApply({ control: fleetControl, store, runUnderWay: () => findRunUnderWay(runner) }),
      },
      exportFile: async () => {
        const found = await store.current();
        if (found === null) throw noFleetYet();
        return found.yaml;
      },
      status: async () => {
        const fleet = (await store.current())?.fleet ?? null;
        return fleetStatus(await status(), {
          suspended: fleet === null ? [] : suspendedInstances(fleet, catalog),
          backups: await controller.backups.status(),
          // Before the first apply there is nothing to be behind.
          upgrades: fleet === null ? null : await controller.upgrades.checks.recall(),
          history: controller.history.status(),
        });
      },
      inventory: async (format) => {
        const fleet = (await store.current())?.fleet ?? null;
        return format === "ansible" ? ansibleInventory(await status(), fleet) : berthInventory(await status(), fleet);
      },
    },
    nodes: {
      status,
      add: nodes.add,
      remove: nodes.remove,
      createToken: nodes.createToken,
      upgradeAgent: async (name) => {
        const { from, to, changed, rolledBack } = await hub.upgradeAgent(name, await provisioning.agentBundle());
        if (!rolledBack) return { from, to, changed };
        throw new BerthError(
          "run.failed",
          `The agent ${controller.version} did not stay connected on '${name}'; ${to} runs there again`,
          {
            hint: `See \`journalctl --unit berth-agent\` on the node`,
          },
        );
      },
    },
    tenants: createTenantsApi(controller, status),
    capacity: createCapacityApi(controller, status),
    secrets: createSecretControl({ ...controller, catalogOf: (fleet) => catalogOf(fleet, catalog) }),
    runs: {
      get: (id) => runner.get(id),
      list: (limit) => runner.list(limit),
      logs: (id, after, step) => runner.logs(id, { after, step }),
      cancel: (id, account) => runner.cancel(id, account),
      resume: (id) => runner.resume(id),
    },
    accessTokens: accounts.accessTokens,
    accounts: {
      login: (request) => accounts.login(request),
      logout: (token) => accounts.logout(token),
      list: () => accounts.list(),
      set: (change) => accounts.set(change),
      remove: (name) => accounts.remove(name),
    },
    live: createLiveChanges({
      ...{ ...statusDependencies, runner, onFailure },
      ...{ alerts: controller.alerts, onFleetChange: controller.onFleetChange },
    }),
    alerts: controller.alerts,
    instances: {
      ...createInstancesApi(controller),
      restart: createRestart({
        fleet: () => store.require(),
        desired: controller.desired,
        startRun: (run) => runner.start(run),
        exclusively: fleetControl.exclusively,
      }),
      stops: createStops({ control: fleetControl, catalogOf: (fleet) => catalogOf(fleet, catalog) }),
    },
    samples: createSamplesApi(hub, controller.history),
    disks: { read: (node) => hub.disks(node).map(presentDisks) },
    history: createHistoryApi(controller.history, inventory, controller.presentFleet),
    events: { list: async (query) => (await listEvents(inventory.database, query)).map(toEvent) },
    routes: controller.routes,
    backups: { control: controller.backups.control, late: controller.backups.schedule.late },
    upgrades: { control: controller.upgrades.control, check: controller.upgrades.checks.check },
    drills: controller.drills.control,
    usage,
    tenantSince: (tenant) => tenantSince(inventory.database, tenant),
    prometheus: openPrometheus(controller, { status, usage: usage.recall }),
    recovery: {
      list: controller.recovery.list,
      create: () => controller.recovery.create("manual"),
      archive: controller.recovery.archive,
      reveal: controller.recovery.keys.reveal,
      rotate: controller.recovery.keys.rotate,
      fleetName: statusDependencies.fleetName,
    },
  };
}
