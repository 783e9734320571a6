/** The example fleet as it has converged, for upgrades on it: everything is real but nodes, registries and runs. */
import { readFileSync } from "node:fs";
import type { Backup } from "@berth/shared/api/backups";
import type { Run } from "@berth/shared/api/runs";
import { type UpgradeRequest, upgradeRequestSchema } from "@berth/shared/api/upgrades";
import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import { parseFleet } from "@berth/shared/fleet/parse";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Observation, ObservedInstance } from "@berth/shared/protocol/state";
import type { FleetControl } from "../apply/apply.ts";
import { FleetInvalid } from "../apply/fleet-invalid.ts";
import type { StoredFleet } from "../apply/fleet-store.ts";
import { backupsOfUpgrade, planBackupsOfUpgrade } from "../backups/before-upgrade.ts";
import { fleetWithBackups, presentFleet } from "../backups/test-fixtures.ts";
import type { UpgradeInstance } from "../inventory/upgrades.ts";
import { desiredState, type Desired } from "../plan/desired.ts";
import { desiredOptions } from "../plan/test-fixtures.ts";
import type { ImageAnswer } from "../registry/image-lookup.ts";
import type { NewRun } from "../runs/store.ts";
import { createUpgradeControl, type UpgradeControl } from "./upgrade-control.ts";

export const example = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");

export function parsed(text: string): Fleet {
  const { fleet, problems } = parseFleet(text, "fleet.yaml", catalog);
  if (fleet === null) throw new FleetInvalid(problems);
  return fleet;
}

export function desiredOf(fleet: Fleet): Desired {
  return desiredState(fleet, { ...desiredOptions, catalog: catalogOf(fleet, catalog) });
}

export const by = { account: "anna", dryRun: false };

export function request(service: string, version: string, changes: Partial<UpgradeRequest> = {}): UpgradeRequest {
  return { ...upgradeRequestSchema.parse({ service, version }), ...changes };
}

/** That registries have for every image. */
export const presentDigest = `sha256:${"d".repeat(64)}`;

export class UpgradeWorld {
  text = example;
  /** Instances that are not as the fleet asks for, by name; null: they do not exist. */
  readonly changes = new Map<string, Partial<ObservedInstance> | null>();
  readonly offline = new Set<string>();
  answerOf: (image: string) => ImageAnswer = () => ({ kind: "present", digest: presentDigest });
  images: string[] = [];
  /** Whether agents tell by which digests registries know what runs. */
  tellsDigests = true;
  past: UpgradeInstance[] = [];
  backups: Backup[] = [];
  freeDisk: number | null = null;
  underWay: Run | null = null;
  readonly started: NewRun[] = [];
  /** Whether secrets were made for backups. */
  prepared = 0;
  /** What edits have written. */
  readonly edits: { text: string; kind: string; only: string[] }[] = [];
  readonly control: UpgradeControl;
  readonly #specifications = desiredOf(parsed(example)).instances.map(({ spec }) => spec);

  constructor() {
    this.control = createUpgradeControl({
      store: { require: async () => this.fleet },
      control: { edit: this.#edit, exclusively: (work) => work() },
      catalogOf: (fleet) => catalogOf(fleet, catalog),
      desired: desiredOf,
      sources: () => ({
        lxcs: async () => new Map(),
        node: async (node) => (this.offline.has(node) ? null : this.#observation(node)),
        needs: async () => new Map(),
        specifications: async () => new Map(this.#specifications.map((spec) => [spec.hash, spec])),
      }),
      lookUpImages: async (images) => new Map(images.map((image) => [image, this.answerOf(image)])),
      beforeUpgrade: async (instances, { dryRun }) => {
        if (!dryRun) this.prepared += 1;
        const fleet = presentFleet(fleetWithBackups({ directory: "/mnt/nas" }, this.fleet));
        const backups = backupsOfUpgrade(instances, fleet);
        return planBackupsOfUpgrade(
          backups.map(({ of, subjects }) => ({ id: `${of}-20261124-020000-3f2a`, subjects })),
          fleet,
        );
      },
      past: async () => this.past,
      backups: async () => this.backups,
      freeDisk: () => this.freeDisk,
      startRun: async (run) => {
        this.started.push(run);
        return this.underWay;
      },
      runUnderWay: async () => this.underWay,
      runningVersion: async (instance) => {
        const spec = this.#specifications.find((each) => each.instance === instance);
        return this.changes.get(instance)?.version ?? spec?.version ?? null;
      },
    });
  }

  get fleet(): Fleet {
    return parsed(this.text);
  }

  #observation(node: string): Observation {
    const instances = this.#specifications
      .filter((spec) => spec.node === node && this.changes.get(spec.instance) !== null)
      .map(({ instance, service, tenant, version, hash }): ObservedInstance => {
        const as = { instance, service, tenant, version, hash, state: "healthy", drift: [], containers: [] } as const;
        const containers = this.tellsDigests ? [{ ...container, name: instance }] : [];
        return { ...as, drift: [], containers, ...this.changes.get(instance) };
      });
    return { instances, images: this.images, firewall: null, docker: "running" };
  }

  readonly #edit: FleetControl["edit"] = async (edit, { kind, only }) => {
    const present: StoredFleet = { fleet: this.fleet, yaml: this.text, file: "fleet.yaml" };
    const { text } = edit(present);
    const desired = desiredOf(parsed(text));
    const touched = desired.instances
      .filter(({ spec }) => only(ensure(spec), desired))
      .map(({ spec }) => spec.instance);
    this.edits.push({ text, kind, only: touched });
    this.text = text;
    return { plan: { operations: [], warnings: [] }, run: null };
  };
}

function ensure(spec: Desired["instances"][number]["spec"]): PlannedOperation<"instance.ensure"> {
  const { instance: target, node } = spec;
  const id = `instance.ensure/${target}`;
  return { id, kind: "instance.ensure", change: "update", node, target, reason: "", after: [], input: spec };
}

const container = {
  id: "1",
  image: "x:1",
  imageId: "sha256:1",
  digests: [],
  state: "running",
  startedAt: null,
  restarts: 0,
};

export function pastMove(changes: Partial<UpgradeInstance> = {}): UpgradeInstance {
  return {
    ...{ upgrade: "n8n-20261120-030000-11aa", instance: "user1-n8n", operation: "o", node: "user1", service: "n8n" },
    ...{ fromVersion: "2.41.1", toVersion: "2.42.0", checkpoint: null, phase: "ended", outcome: "upgraded" },
    ...{ reason: null, startedAt: "2026-11-20T03:00:00.000Z", stoppedAt: null, healthyAt: null },
    ...{ endedAt: "2026-11-20T03:01:00.000Z", gapMilliseconds: 4200, routeBefore: null },
    ...changes,
  };
}
