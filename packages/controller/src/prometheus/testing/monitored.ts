/** A controller of two nodes, one of them away, and the catalog's Prometheus, which scrapes it as the planner sets it up. For tests. */
import { catalog } from "@berth/shared/catalog/index";
import { fleetSchema } from "@berth/shared/fleet/schema";
import type { ContainerSpec } from "@berth/shared/operations/instance-spec";
import type { FileSystem, VolumeSize } from "@berth/shared/protocol/disks";
import { createFleetSecrets } from "../../apply/fleet-secrets.ts";
import { dispatchedValues, resolveInstanceSecrets } from "../../operations/resolve-secrets.ts";
import { desiredState } from "../../plan/desired.ts";
import { startController, type TestController } from "./controller.ts";
import { startCatalogPrometheus, type CatalogContainer, type TestPrometheus } from "./server.ts";
import { testSnapshot } from "./snapshot.ts";

export const day = 86_400;
/** Seconds since the node was started, and since a backup was last proven: two rules are for those that are long unproven. */
export const upFor = 3 * day;
export const proofAge = 90 * day;
/** What the disk of models and the volume of n8n grow by. */
export const bytesPerSecond = 5e6;

const { usage, backups } = testSnapshot();
if (usage === null || backups === null) throw new Error("The snapshot has neither usage nor backups");
const { backups: ofOwners, controllerBackup } = backups;

export const backupAge = () => ageOf(ofOwners[0]?.newest?.createdAt);
export const controllerBackupAge = () => ageOf(controllerBackup.newest?.createdAt);

function ageOf(createdAt = ""): number {
  return (Date.now() - Date.parse(createdAt)) / 1000;
}

export interface Monitored extends AsyncDisposable {
  controller: TestController;
  server: TestPrometheus;
  /** Prometheus' own. */
  container: CatalogContainer;
  planned: (service: string) => Promise<ContainerSpec>;
}

export async function startMonitored(): Promise<Monitored> {
  const startedAt = Date.now();
  const controller = await startController({
    instances: [
      { instance: "user1-n8n", service: "n8n", tenant: "user1", state: "healthy" },
      { instance: "user1-flowise", service: "flowise", tenant: "user1", state: "unhealthy" },
      { instance: "shared-redis", service: "redis", tenant: null, state: "healthy" },
    ],
    frame: {
      node: [0.75, 1e9, 4e9, 4096, 1200, 3400, 5600, 7800, 12e9, 30e9, 0.5, 0.25, 0.125, 1.25],
      containers: [
        [0.25, 3e8, 1e9, 11, 22, 33, 44, 12, 0.75],
        [0.125, 2e8, 1e9, 1, 2, 3, 4, 5, 0],
        [0.5, 1e8, 4e8, 5, 6, 7, 8, 9, 0.25],
      ],
    },
    bootedAt: startedAt - upFor * 1000,
    disks: () => disksAfter((Date.now() - startedAt) / 1000),
    usage,
    backups: {
      controllerBackup,
      backups: ofOwners.map((one) =>
        one.owner === "user1" ? { ...one, provenAt: new Date(startedAt - proofAge * 1000).toISOString() } : one,
      ),
    },
  });
  // Known, and away.
  await controller.harness.enrol("shared");
  const planned = (service: string) => plannedOf(controller, service);
  const { command = [], files = [] } = await planned("prometheus");
  const password = controller.secrets.reveal("shared-prometheus/password").reveal();
  const container = { command, files, login: { user: "berth", password } };
  const server = await startCatalogPrometheus(container);
  return {
    ...{ controller, server, container, planned },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await controller[Symbol.asyncDispose]();
    },
  };
}

function disksAfter(seconds: number): { fileSystems: FileSystem[]; volumes: VolumeSize[] } {
  const grown = seconds * bytesPerSecond;
  const disk = { type: "ext4", readOnly: false, inodes: null } as const;
  const measuredAt = Date.now();
  return {
    fileSystems: [
      { ...disk, mountpoint: "/", device: "/dev/sda1", usedBytes: 12e9, sizeBytes: 30e9 },
      { ...disk, mountpoint: "/mnt/models", device: "/dev/sdb", usedBytes: 7e11 + grown, sizeBytes: 1e12 },
      { ...disk, mountpoint: "/mnt/nas", device: "nas:/export", type: "nfs4", usedBytes: null, sizeBytes: null },
    ],
    volumes: [
      { name: "user1-n8n-data", instance: "user1-n8n", bytes: 7e11 + grown, measuredAt },
      { name: "shared-redis-data", instance: "shared-redis", bytes: 5e9, measuredAt },
      { name: "left-over", instance: null, bytes: 4e9, measuredAt },
    ],
  };
}

/** As the planner has it and the node gets it. */
async function plannedOf(
  { secrets, harness, port }: Pick<TestController, "secrets" | "harness" | "port">,
  service: string,
): Promise<ContainerSpec> {
  const fleet = fleetSchema.parse({
    ...{ fleet: "test", domain: "example.org", nodes: { shared: { address: "10.0.6.10" } } },
    controller: { address: "127.0.0.1", port },
    services: { shared: { prometheus: { node: "shared" }, grafana: { node: "shared" } } },
  });
  const fleetSecrets = createFleetSecrets(secrets);
  const { instances, secrets: needs } = desiredState(fleet, {
    ...{ catalog, registryMirror: null, agentVersion: "0.1.0", controllerCa: harness.authority.caPem },
    ...fleetSecrets,
  });
  await fleetSecrets.ensure(needs);
  const found = instances.find(({ spec }) => spec.service === service);
  if (found === undefined) throw new Error(`${service} is not planned`);
  const reveal = dispatchedValues(({ name, version }) => secrets.reveal(name, version).reveal());
  const [main] = resolveInstanceSecrets(found.spec, reveal).containers;
  if (main === undefined) throw new Error(`${service} has no container`);
  return main;
}
