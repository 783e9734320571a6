/** For tests of this room: a real runner on a real inventory with real secrets; only the nodes are left out. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Backup } from "@berth/shared/api/backups";
import type { Run } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Snapshot } from "@berth/shared/operations/backup-source";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { Secret } from "@berth/shared/secret";
import type { Inventory } from "../inventory/database.ts";
import { openInventory } from "../inventory/open.ts";
import { resolveSecrets } from "../operations/resolve-secrets.ts";
import { desiredState, type Desired } from "../plan/desired.ts";
import { desiredOptions } from "../plan/test-fixtures.ts";
import type { OperationHandlers } from "../runs/handlers.ts";
import { createRunner, type Runner } from "../runs/runner.ts";
import { handlersWith, imageResult } from "../runs/test-plans.ts";
import type { NewRun } from "../runs/store.ts";
import { openSecrets, type Secrets } from "../secrets/open.ts";
import type { KeptTenant } from "../tenants/kept.ts";
import { parsed, TenantWorld } from "../tenants/test-fixtures.ts";
import { findRunUnderWay } from "../serve/run-under-way.ts";
import { createBackupControl, type BackupChange, type BackupControl } from "./backup-control.ts";
import { drillValues } from "./drill-secrets.ts";
import { followBackups, type BackupsFollower } from "./follow.ts";
import { followRestores, type RestoresFollower } from "./settle-restore.ts";
import { fleetWithBackups, presentFleet } from "./test-fixtures.ts";

export const by = { account: "anna", dryRun: false };

interface Rooms {
  inventory: Inventory;
  secrets: Secrets;
  runner: Runner;
  follower: BackupsFollower;
  restores: RestoresFollower;
  control: BackupControl;
}

export class TestWorld {
  fleet: Fleet = fleetWithBackups();
  /** Operations that were carried out: `create user1-n8n`. */
  done: string[] = [];
  /** The one that goes wrong. */
  failing: string | null = null;
  /** What instances run as. */
  readonly running = new Map<string, InstanceSpec>();
  /** What would have to be made first for the fleet to be what its file says. */
  missing: PlannedOperation[] = [];
  kept: KeptTenant[] = [];
  /** Another run than the runner's own. */
  underWay: Run | null = null;
  /** Where the fleet is edited: its text is the example's. */
  readonly tenants = new TenantWorld();
  /** Begins a run. A test has it fail. */
  startRun = (run: NewRun): Promise<Run | null> => this.runner.start(run);
  /** The operation at which the controller is stopped by the test, once `died` has ended. */
  dyingAt: string | null = null;
  readonly died = Promise.withResolvers<void>();
  /** What repositories hold, by owner. */
  readonly repositories = new Map<string, Snapshot[]>();
  /** What was recorded as what the fleet comes to. */
  readonly recorded: Desired[] = [];
  /** What went wrong unseen. */
  readonly failures: unknown[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), "berth-backups-"));
  readonly #key = randomBytes(32);
  #rooms: Rooms | undefined;

  static async open(): Promise<TestWorld> {
    const world = new TestWorld();
    await world.start();
    await world.makeSecrets();
    for (const name of ["s3AccessKey", "s3SecretKey"])
      await world.secrets.put(`backup/${name}`, new Secret(`given-${name}`));
    return world;
  }

  get #open(): Rooms {
    if (this.#rooms === undefined) throw new Error("The controller is stopped");
    return this.#rooms;
  }
  get inventory(): Inventory {
    return this.#open.inventory;
  }
  get secrets(): Secrets {
    return this.#open.secrets;
  }
  get runner(): Runner {
    return this.#open.runner;
  }
  get control(): BackupControl {
    return this.#open.control;
  }
  /** Ends when what runs have done is recorded. */
  get recordings(): BackupsFollower {
    return this.#open.follower;
  }

  async start(): Promise<void> {
    const inventory = await openInventory({ file: join(this.#directory, "inventory.sqlite") });
    const secrets = await openSecrets({ inventory, key: this.#key });
    const runner = createRunner({
      inventory,
      handlers: this.#handlers(),
      log: { error: (fields) => void this.failures.push(fields) },
      retry: { attempts: 1, patientAttempts: 1, minMilliseconds: 1 },
    });
    const onFailure = (error: unknown) => void this.failures.push(error);
    const follower = await followBackups({ inventory, runner, secrets, onFailure });
    const recordDesired = async (next: Desired) => async () => void this.recorded.push(next);
    const exclusively = <T>(work: () => Promise<T>) => work();
    const restores = await followRestores(
      {
        ...{ inventory, secrets, recordDesired, exclusively },
        desired: (fleet) => this.desired(fleet),
        fleet: async () => this.fleet,
      },
      { runner, onFailure },
    );
    const control = createBackupControl({
      inventory,
      secrets,
      desired: (fleet, versions) => this.desired(fleet, versions),
      recordDesired,
      present: async () => ({
        ...presentFleet(this.fleet),
        desired: this.desired(),
        secretVersion: (name: string) => secrets.version(name) ?? 1,
      }),
      startRun: (run) => this.startRun(run),
      exclusively,
      fleetPlan: async () => ({ operations: this.missing, warnings: [] }),
      running: async (instance) => this.running.get(instance) ?? null,
      edit: (edit, options) => this.tenants.edit(edit, options),
      parse: parsed,
      keptTenants: async () => this.kept,
      runUnderWay: async () => this.underWay ?? findRunUnderWay(runner),
    });
    this.#rooms = { inventory, secrets, runner, follower, restores, control };
  }

  async stop(): Promise<void> {
    await this.runner.close();
    await this.recordings.close();
    await this.#open.restores.close();
    await this.inventory.close();
    this.#rooms = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true });
  }

  desired(fleet = this.fleet, versions: ReadonlyMap<string, number> = new Map()): Desired {
    const secretVersion = (name: string) => versions.get(name) ?? this.secrets.version(name) ?? 1;
    return desiredState(fleet, { ...desiredOptions, secretVersion });
  }

  /** As an apply does. */
  async makeSecrets(): Promise<void> {
    for (const need of this.desired().secrets) {
      if ("generated" in need) await this.secrets.ensure(need.name, need.generated);
      else await this.secrets.put(need.name, new Secret(`token-of-${need.name}`));
    }
    for (const { spec } of this.desired().instances) this.running.set(spec.instance, spec);
  }

  /** The run once it has ended and is recorded. */
  async ended({ run }: Pick<BackupChange, "run">): Promise<Run> {
    const end = await this.runner.wait(run?.id ?? 0);
    await this.recordings.close();
    await this.#open.restores.close();
    return end;
  }

  async newest(): Promise<Backup> {
    const [backup] = await this.control.list();
    if (backup === undefined) throw new Error("There is no backup");
    return backup;
  }

  async makeBackup(of: string): Promise<Backup> {
    await this.ended(await this.control.create(of, by));
    return this.newest();
  }

  #carryOut(operation: string, input: object, signal?: AbortSignal): Promise<void> | void {
    // As the dispatch does: every reference must have its value.
    resolveSecrets(
      input,
      drillValues(({ name, version }) => this.secrets.reveal(name, version).reveal()),
    );
    if (operation === this.dyingAt) return this.#dies(signal);
    this.done.push(operation);
    if (operation === this.failing) throw new BerthError("store.failed", `${operation} went wrong`);
  }

  /** Begun, and nobody learns of its end: the controller is gone. */
  #dies(signal: AbortSignal | undefined): Promise<void> {
    this.dyingAt = null;
    this.died.resolve();
    return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  }

  #handlers(): OperationHandlers {
    return {
      ...handlersWith(async () => imageResult),
      "instance.remove": async ({ input }) => {
        await this.#carryOut(`remove ${input.instance}`, input);
        return { removed: true };
      },
      "instance.ensure": async ({ input, signal }) => {
        await this.#carryOut(`ensure ${input.instance}`, input, signal);
        this.running.set(input.instance, input);
        return { changed: true, containerIds: [] };
      },
      "secrets.adopt": async ({ input, signal }) => {
        await this.#carryOut(`adopt ${input.instance}`, input, signal);
        for (const { name, version, copy, copyVersion } of input.secrets)
          await this.secrets.putAs({ name, version }, this.secrets.reveal(copy, copyVersion));
        return { versions: input.secrets.length };
      },
      "backup.create": async ({ input }) => {
        await this.#carryOut(`create ${input.subject}`, input);
        const { backup, subject, sources, repository } = input;
        const snapshots = sources.map(({ kind, name }): Snapshot => {
          return { kind, name, snapshot: `${backup}/${subject}/${name}`, bytes: 1000, addedBytes: 10, counts: {} };
        });
        const before = this.repositories.get(repository.owner) ?? [];
        this.repositories.set(repository.owner, [...before, ...snapshots]);
        return { snapshots, stoppedMilliseconds: 5 };
      },
      "backup.restore": async ({ input, signal }) => {
        await this.#carryOut(`restore ${input.subject}`, input, signal);
        if (input.takeDown === true) this.running.delete(input.subject);
        return { restored: input.parts.map(({ source }) => source.name), stoppedMilliseconds: 5 };
      },
      "backup.drill": async ({ input }) => {
        await this.#carryOut(`drill ${input.subject}`, input);
        const parts = input.parts.map(({ snapshot: { kind, name } }) => ({ kind, name, counts: { [name]: 1 } }));
        const { version = null } = input.service ?? {};
        return { level: version === null ? "data" : "service", version, parts, seconds: 1, memoryBytes: 1 };
      },
      "repository.check": async ({ input }) => {
        await this.#carryOut(`check ${input.repository.owner}`, input);
        return { snapshots: (this.repositories.get(input.repository.owner) ?? []).map(({ snapshot }) => snapshot) };
      },
      "repository.prune": async ({ input }) => {
        await this.#carryOut(`prune ${input.repository.owner}`, input);
        return { snapshots: [] };
      },
    };
  }
}
