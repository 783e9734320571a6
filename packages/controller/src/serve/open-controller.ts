/** Opens the controller's rooms and wires them: each gets what it uses, and nothing else. */
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Logger } from "pino";
import { createAccounts, type Accounts } from "../accounts/accounts.ts";
import type { AlertsRoom } from "../alerts/alerts.ts";
import { openAuthority, type Authority } from "../agents/authority/authority.ts";
import { createHub } from "../agents/hub.ts";
import type { Hub } from "../agents/types.ts";
import { createFleetControl, type FleetControl } from "../apply/apply.ts";
import { createFleetStore, type FleetStore } from "../apply/fleet-store.ts";
import { createFleetSecrets } from "../apply/fleet-secrets.ts";
import { locateProxmox } from "../apply/locate.ts";
import { createAgentStore } from "../inventory/agents.ts";
import type { Inventory } from "../inventory/database.ts";
import { openInventory } from "../inventory/open.ts";
import { listSpecifications } from "../inventory/specifications.ts";
import { createStores, type Stores } from "../needs/stores.ts";
import { createSources } from "../observation/sources.ts";
import { type Desired, desiredState } from "../plan/desired.ts";
import { createHandlers } from "../operations/handlers.ts";
import { readHostResources } from "../provision/proxmox/host-resources.ts";
import { createImageLookup } from "../registry/image-lookup.ts";
import { followRoutes } from "../routes/follow.ts";
import { refuseUnfinishedRebuild } from "../recovery/state-directory.ts";
import { createRoutes, type Routes } from "../routes/routes.ts";
import type { History } from "../metrics/history/history.ts";
import type { Rotation } from "../rotation/rotation.ts";
import { createRunner, type Runner } from "../runs/runner.ts";
import { openSecrets, type Secrets } from "../secrets/open.ts";
import { upgradeId } from "../upgrades/upgrade-id.ts";
import type { UsageRoom } from "../usage/usage.ts";
import { statePaths, type ServeOptions } from "./options.ts";
import { openAlerts } from "./alerts.ts";
import { findKeptTenants } from "./kept-tenants.ts";
import { createTenantVerifyHandler } from "../tenants/verify.ts";
import { forgetNode } from "./forget-node.ts";
import { openMetricsHistory } from "./history.ts";
import { createProvisioning, type Provisioning } from "./provisioning.ts";
import { databasesOf } from "./databases-of.ts";
import { type BackupRooms, openBackups } from "./backups.ts";
import { type DrillRooms, openDrills } from "./drills.ts";
import { openRecoveryRooms, type RecoveryRooms } from "./recovery.ts";
import { openRotation } from "./rotation.ts";
import { namesOf } from "./server-names.ts";
import { readRegistryCa } from "./registry-ca.ts";
import { createUpgradeHandlers } from "./upgrades.ts";
import { openUpgrades, type UpgradeRooms } from "./upgrade-rooms.ts";
import { openUsage } from "./usage.ts";
import { version } from "./version.ts";

/** How long a router takes to learn of a new route, at most. */
const routePatienceSeconds = 60;

export interface Controller {
  version: string;
  options: ServeOptions;
  inventory: Inventory;
  secrets: Secrets;
  accounts: Accounts;
  authority: Authority;
  hub: Hub;
  history: History;
  /** null before the first apply. */
  presentFleet: () => Fleet | null;
  runner: Runner;
  store: FleetStore;
  fleetControl: FleetControl;
  provisioning: Provisioning;
  routes: Routes;
  rotation: Rotation;
  backups: BackupRooms;
  upgrades: UpgradeRooms;
  drills: DrillRooms;
  alerts: AlertsRoom;
  recovery: RecoveryRooms;
  stores: Stores;
  usage: UsageRoom;
  /** What a fleet comes to, with the secrets that there are. */
  desired: (fleet: Fleet) => Desired;
  /** Names and addresses that the TLS listener's certificate is for. */
  serverNames: () => Promise<string[]>;
  /** Of the TLS listener, as it is in use; null before it listens. Milliseconds since the epoch. */
  presentedCertificate: { notAfter: number | null };
  onFleetChange: (listener: () => Promise<void>) => void;
  /** Ends what is under way without cancelling it: runs are carried on at the next start, agents connect again. */
  stopWork: () => Promise<void>;
  /** After `stopWork`, and after nothing asks any more. */
  close: () => Promise<void>;
}

export async function openController(options: ServeOptions, logger: Logger): Promise<Controller> {
  const startedAt = Date.now();
  const paths = statePaths(options.stateDirectory);
  await refuseUnfinishedRebuild(options.stateDirectory);
  const inventory = await openInventory({ file: paths.inventory });
  const secrets = await openSecrets({
    inventory,
    key: { stateDirectory: options.stateDirectory, environment: process.env },
  });
  const authority = await openAuthority({ directory: paths.authority });
  const store = createFleetStore(inventory.database, catalog);
  const present = { fleet: (await store.current())?.fleet ?? null };
  const drift = () => present.fleet?.drift ?? "mend";
  const hub = await createHub({ store: createAgentStore(inventory), authority, version, logger, drift });
  const presentFleet = () => present.fleet;
  const history = openMetricsHistory({ options, hub, fleet: presentFleet, logger });
  const fleetSecrets = createFleetSecrets(secrets);
  const controllerCa = authority.caPem;
  const settings = { registryMirror: options.registryMirror, agentVersion: version, controllerCa };
  const reveal = (name: string, secretVersion?: number) => secrets.reveal(name, secretVersion).reveal();
  const stores = createStores({
    catalogOf: (fleet) => catalogOf(fleet, catalog),
    reveal,
    peek: (name) => (secrets.version(name) === null ? undefined : reveal(name)),
    earlier: (name) => secrets.earlier(name).map((secret) => secret.reveal()),
    databaseNeeds: (fleet, server) => databasesOf(desired(fleet), server),
  });
  const desired = (fleet: Fleet, versions: ReadonlyMap<string, number> = new Map()) =>
    desiredState(fleet, {
      catalog: catalogOf(fleet, catalog),
      ...settings,
      ...fleetSecrets,
      secretVersion: (name, token) => versions.get(name) ?? fleetSecrets.secretVersion(name, token),
    });
  const provisioning = createProvisioning({
    options,
    inventory,
    authority,
    hub,
    store,
    fleet: presentFleet,
    forgetNode: (node) => forgetNode(node, { hub, inventory }),
    serverCertificate: async () => (await authority.issueServerCertificate(await serverNames())).certificate,
  });
  const changeListeners: (() => Promise<void>)[] = [];

  const serverNames = async () => namesOf(options.agents, (await store.current())?.fleet);

  function onFleetChange(fleet: Fleet): void {
    present.fleet = fleet;
    routesFollower.look();
    backups.schedule.look();
    upgrades.schedule.look();
    drills.look();
    for (const listener of changeListeners)
      listener().catch((error: unknown) => logger.error({ err: error }, "What follows a change of the fleet failed"));
  }

  const runner = createRunner({
    inventory,
    log: logger,
    redact: (text) => secrets.redact(text),
    handlers: createHandlers({
      hub,
      stores,
      reveal,
      fleet: () => store.require(),
      lxcEnsure: provisioning.lxcEnsure,
      lxcRemove: provisioning.lxcRemove,
      agentEnsure: provisioning.agentEnsure,
      tenantVerify: createTenantVerifyHandler({
        fleet: () => store.require(),
        desired,
        routes: async () => (await routes.list()).routes,
        testRoutes: (hosts, signal) => routes.test({ hosts, patienceSeconds: routePatienceSeconds }, signal),
        opens: stores.opens,
      }),
      upgrades: createUpgradeHandlers({
        inventory,
        hub,
        store,
        stores,
        reveal,
        redact: (text) => secrets.redact(text),
        desired,
        routes: () => routes,
        exclusively: (work) => fleetControl.exclusively(work),
        onFleetChange: (fleet) => onFleetChange(fleet),
      }),
      removeSecrets: (owner) => secrets.remove(owner),
      adoptSecret: (to, from) => secrets.putAs(to, secrets.reveal(from.name, from.version)),
      rotateSecret: (to, rule) => secrets.rotateTo(to, rule),
      registryCa: async () => readRegistryCa(options, await store.require()),
    }),
  });

  const lookUpWith = createImageLookup();
  const lookUpImages = async (images: readonly string[], fleet: Fleet) =>
    lookUpWith(images, await readRegistryCa(options, fleet));
  const sources = (fleet: Fleet) =>
    createSources(fleet, {
      hub,
      startedAt,
      stores,
      connection: (of, name) => locateProxmox(of, name, options.configurationDirectory),
      specifications: () => listSpecifications(inventory.database),
    });
  const fleetControl = createFleetControl({
    inventory,
    catalog,
    store,
    settings,
    secrets: fleetSecrets,
    sources,
    seenAddress: (node) => hub.connection(node)?.address ?? null,
    lookUpImages,
    newUpgradeId: upgradeId,
    hostResources: (fleet, name) =>
      readHostResources(locateProxmox(fleet, name, options.configurationDirectory), fleet.fleet),
    runUnderWay: async () => (await runner.list(1)).find(({ state }) => state === "running")?.id ?? null,
    startRun: (run) => runner.start(run),
    onChange: onFleetChange,
  });

  const rooms = { options, inventory, authority, hub, store, secrets };
  const rotationRooms = await openRotation({ ...rooms, desired, runner, fleetControl, stores, logger });

  const recovery = await openRecoveryRooms({ options, inventory, secrets, store, runner, logger });
  const backups = await openBackups({
    recovery,
    options,
    inventory,
    secrets,
    store,
    runner,
    fleetControl,
    kept: (fleet) => findKeptTenants(fleet, { inventory, secrets }),
    desired,
    controllerCa,
    logger,
  });

  const upgrades = openUpgrades({
    options,
    inventory,
    store,
    hub,
    runner,
    fleetControl,
    backups: backups.control,
    desired,
    sources,
    lookUpImages,
    registryCa: (fleet) => readRegistryCa(options, fleet),
    logger,
  });

  const routes = createRoutes({
    catalog,
    store,
    inventory,
    hub,
    secrets,
    caPem: controllerCa,
    listener: options.agents,
    configurationDirectory: options.configurationDirectory,
    startedAt,
  });
  const drills = await openDrills({ ...rooms, runner, fleetControl, desired, controllerCa, logger });
  const presentedCertificate: Controller["presentedCertificate"] = { notAfter: null };
  const alerts = await openAlerts({ ...rooms, backups, runner, presentedCertificate, logger });
  const usageRooms = openUsage({ ...rooms, stores, desired, history, logger });
  const routesFollower = followRoutes({ routes, hub, inventory, logger });

  return {
    version,
    options,
    inventory,
    secrets,
    accounts: createAccounts({ inventory }),
    authority,
    hub,
    history,
    presentFleet,
    runner,
    store,
    fleetControl,
    provisioning,
    routes,
    rotation: rotationRooms.rotation,
    backups,
    upgrades,
    drills,
    alerts,
    recovery,
    stores,
    usage: usageRooms.usage,
    desired,
    serverNames,
    presentedCertificate,
    onFleetChange: (listener) => void changeListeners.push(listener),
    stopWork: async () => {
      await alerts.close();
      usageRooms.close();
      await backups.stopSchedule();
      await upgrades.schedule.close();
      await drills.stopSchedule();
      await runner.close();
      await backups.close();
      await drills.close();
      await recovery.close();
      await rotationRooms.close();
      await routesFollower.close();
      await hub.close();
      await history.close();
    },
    close: async () => {
      await stores.close();
      await inventory.close();
    },
  };
}
