/** Everything the agent must know after kill -9: operations, desired state, events, samples, a few settings. */
import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { Checkpoints } from "./checkpoints.ts";
import { openDatabase, transaction } from "./database.ts";
import { DesiredFirewall } from "./desired-firewall.ts";
import { DesiredState } from "./desired-state.ts";
import { HeldInstances } from "./held-instances.ts";
import { OperationJournal } from "./operation-journal.ts";
import { Outbox } from "./outbox.ts";
import { SampleStore } from "./sample-store.ts";
import { StoppedInstances } from "./stopped-instances.ts";

export type DriftPolicy = "mend" | "report";

const settingSchema = z.object({ value: z.string() });

export class Journal {
  readonly operations: OperationJournal;
  readonly desired: DesiredState;
  readonly firewall: DesiredFirewall;
  readonly outbox: Outbox;
  readonly samples: SampleStore;
  readonly stopped: StoppedInstances;
  readonly held: HeldInstances;
  readonly checkpoints: Checkpoints;
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = openDatabase(path);
    this.operations = new OperationJournal(this.#database);
    this.desired = new DesiredState(this.#database);
    this.firewall = new DesiredFirewall(this.#database);
    this.outbox = new Outbox(this.#database);
    this.samples = new SampleStore(this.#database);
    this.stopped = new StoppedInstances(this.#database);
    this.held = new HeldInstances(this.#database);
    this.checkpoints = new Checkpoints(this.#database);
  }

  /** What the fleet says about drift; "report" until a controller has said so: never touch what nobody asked to hold. */
  get drift(): DriftPolicy {
    return this.#setting("drift") === "mend" ? "mend" : "report";
  }

  set drift(policy: DriftPolicy) {
    if (policy !== this.drift) this.#store("drift", policy);
  }

  transaction<T>(work: () => T): T {
    return transaction(this.#database, work);
  }

  close(): void {
    this.#database.close();
  }

  #setting(name: string): string | undefined {
    const row = this.#database.prepare("SELECT value FROM settings WHERE name = ?").get(name);
    return row === undefined ? undefined : settingSchema.parse(row).value;
  }

  #store(name: string, value: string): void {
    this.#database
      .prepare("INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
      .run(name, value);
  }
}
