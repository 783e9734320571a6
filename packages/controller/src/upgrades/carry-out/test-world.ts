/** For tests of this room: a node and stores with one instance, whose every step can fail or be the controller's last. */
import { healthSchema } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import { fleetSchema } from "@berth/shared/fleet/schema";
import type { AgentOperationKind } from "@berth/shared/operations/agent";
import type { OperationResult } from "@berth/shared/operations/index";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { instanceUpgrade } from "@berth/shared/operations/instance-upgrade";
import type * as z from "zod";
import type { DispatchRequest } from "../../agents/types.ts";
import type { Inventory } from "../../inventory/database.ts";
import { parseInput, parseResult } from "../../runs/operation-types.ts";
import type { UpgradeDependencies } from "./dependencies.ts";

export function specOf(version: string): InstanceSpec {
  return {
    instance: "user1-n8n",
    service: "n8n",
    version,
    tenant: "user1",
    node: "user1",
    hash: `hash of ${version}`,
    containers: [
      {
        name: "user1-n8n",
        image: `docker.io/n8nio/n8n:${version}`,
        env: {},
        ports: [],
        volumes: [{ volume: "data", path: "/data" }],
        memoryBytes: 1,
        stopTimeoutSeconds: 10,
        health: healthSchema.parse({ http: { port: 5678, path: "/healthz" } }),
      },
    ],
  };
}

export function inputOf(): z.output<typeof instanceUpgrade.input> {
  return {
    upgrade: "n8n-20261129-121500-3f2a",
    spec: specOf("2.41.3"),
    former: specOf("2.40.0"),
    checkpoint: { volumes: ["user1-n8n-data"], databases: [{ server: "shared-postgres", database: "user1_n8n" }] },
    minHealthySeconds: 30,
    maxFailures: 0,
    onFailure: "stop",
    record: true,
  };
}

/** Volumes or a database: what is in it, and the copy that an upgrade made of it. */
class Held {
  data = "of 2.40.0";
  copy: { upgrade: string; data: string } | null = null;
  #putBackBy: string | null = null;

  checkpoint(upgrade: string): void {
    if (this.copy?.upgrade !== upgrade) this.copy = { upgrade, data: this.data };
  }

  restore(upgrade: string): void {
    if (this.copy?.upgrade === upgrade) {
      this.data = this.copy.data;
      this.copy = null;
      this.#putBackBy = upgrade;
    } else if (this.#putBackBy !== upgrade) {
      throw new BerthError("not-found", `there is no checkpoint of ${upgrade}`);
    }
  }
}

export class FakeWorld {
  running: string | null = "2.40.0";
  recorded: string | null = null;
  routeFails: "never" | "after" | "always" = "never";
  readonly volumes = new Held();
  readonly database = new Held();
  /** What was done, in words. */
  readonly done: string[] = [];
  readonly lines: string[] = [];
  /** Fulfilled when the controller was killed. */
  readonly died: Promise<"died">;
  readonly dependencies: UpgradeDependencies;
  readonly #died = Promise.withResolvers<"died">();
  readonly #failures = new Map<string, { error: BerthError; when: "once" | "always" | "after" }>();
  readonly #hooks = new Map<string, () => void>();
  /** As agents journal them: by id and attempt. */
  readonly #outcomes = new Map<string, { result: unknown } | { error: BerthError }>();
  #moments = Number.POSITIVE_INFINITY;

  constructor(inventory: Inventory) {
    this.died = this.#died.promise;
    const fleet = fleetSchema.parse({
      fleet: "test",
      domain: "example.org",
      controller: { address: "10.0.6.1" },
      nodes: {},
    });
    const store = (what: string, effect: (upgrade: string) => void) => async (_: unknown, of: { upgrade: string }) => {
      await this.#step(what, `${what} user1_n8n`, () => effect(of.upgrade));
    };
    this.dependencies = {
      inventory,
      hub: { dispatch: (request) => this.#dispatch(request) },
      checkpoints: {
        prepare: store("prepare", () => undefined),
        create: async (fleet_, of) => {
          await store("create", (upgrade) => this.database.checkpoint(upgrade))(fleet_, of);
          return { bytes: 1 };
        },
        restore: async (fleet_, of) => {
          await store("restore", (upgrade) => this.database.restore(upgrade))(fleet_, of);
          return { setAside: null };
        },
        remove: async (fleet_, of) => {
          await store("remove", () => (this.database.copy = null))(fleet_, of);
          return { removed: true };
        },
      },
      fleet: async () => fleet,
      resolve: (spec) => spec,
      observe: async () =>
        this.running === null ? undefined : { ...specOf(this.running), state: "healthy", drift: [], containers: [] },
      routes: async () => [
        {
          host: "n8n.user1",
          url: "http://n8n.user1",
          service: "n8n",
          tenant: "user1",
          instance: "user1-n8n",
          servers: [
            {
              instance: "user1-n8n",
              node: "user1",
              address: "10.0.6.11",
              port: 5678,
              state: "healthy",
              upgrading: false,
            },
          ],
          healthCheck: null,
          state: "published",
          reason: null,
          suspended: false,
        },
      ],
      testRoutes: async ({ hosts, patienceSeconds }) => {
        await this.#step("look", `look ${patienceSeconds}`, () => undefined);
        const fails = this.routeFails === "always" || (this.routeFails === "after" && patienceSeconds > 0);
        return hosts.map((host) => ({
          host,
          outcome: fails ? ("failed" as const) : ("answered" as const),
          status: fails ? 502 : 200,
          milliseconds: 1,
          reason: fails ? "the router answers 502" : null,
        }));
      },
      recordVersion: ({ version }) =>
        this.#step("record", `record ${version}`, () => {
          this.recorded = version;
        }),
      redact: (text) => text,
      pauseMilliseconds: 1,
    };
  }

  get data(): string {
    const [volumes, database] = [this.volumes.data, this.database.data];
    return volumes === database ? volumes : `volumes ${volumes}, database ${database}`;
  }

  get copies(): string | null {
    return this.volumes.copy?.upgrade ?? this.database.copy?.upgrade ?? null;
  }

  fail(what: string, error: BerthError): void {
    this.#failures.set(what, { error, when: "always" });
  }

  failOnce(what: string, error: BerthError): void {
    this.#failures.set(what, { error, when: "once" });
  }

  /** It is done, only nobody hears of it. */
  failAfter(what: string, error: BerthError): void {
    this.#failures.set(what, { error, when: "after" });
  }

  before(what: string, hook: () => void): void {
    this.#hooks.set(what, hook);
  }

  /** Before and after each thing that is done there is a moment to be killed at. */
  dieAt(moment: number): void {
    this.#moments = moment;
  }

  restart(): void {
    this.#moments = Number.POSITIVE_INFINITY;
  }

  async #moment(): Promise<void> {
    this.#moments -= 1;
    if (this.#moments >= 0) return;
    this.#died.resolve("died");
    await new Promise(() => undefined);
  }

  async #step(what: string, words: string, effect: (failure?: BerthError) => void): Promise<void> {
    await this.#moment();
    this.#hooks.get(what)?.();
    const failure = this.#failures.get(what);
    if (failure !== undefined && failure.when !== "always") this.#failures.delete(what);
    this.done.push(words);
    if (failure !== undefined && failure.when !== "after") {
      // A version that fails has changed the data by then.
      if (what === "instance.prove" && failure.error.code === "instance.unhealthy") {
        effect(failure.error);
        this.running = null;
      }
      await this.#moment();
      throw failure.error;
    }
    effect();
    await this.#moment();
    if (failure !== undefined) throw failure.error;
  }

  async #dispatch<K extends AgentOperationKind>(request: DispatchRequest<K>): Promise<OperationResult<K>> {
    const key = `${request.id}/${request.attempt}`;
    const known = this.#outcomes.get(key);
    if (known !== undefined) {
      if ("error" in known) throw known.error;
      return parseResult<K>(request.kind, known.result);
    }
    try {
      const result = await this.#perform(request);
      return parseResult<K>(request.kind, result);
    } catch (error) {
      if (error instanceof BerthError && error.code !== "node.offline") this.#outcomes.set(key, { error });
      throw error;
    }
  }

  async #perform({ kind, input, signal, id, attempt }: DispatchRequest<AgentOperationKind>): Promise<unknown> {
    const said = wordsOf(kind, input);
    let result: unknown;
    await this.#step(kind, said, (failure) => {
      signal?.throwIfAborted();
      result = this.#effect(kind, input);
      this.#outcomes.set(`${id}/${attempt}`, failure === undefined ? { result } : { error: failure });
    });
    return result;
  }

  #effect(kind: AgentOperationKind, input: unknown): unknown {
    switch (kind) {
      case "checkpoint.create":
        this.running = null;
        this.volumes.checkpoint(parseInput<"checkpoint.create">("checkpoint.create", input).upgrade);
        return { bytes: 1, stoppedAt: "2026-11-29T12:00:00.000Z" };
      case "checkpoint.restore":
        this.running = null;
        this.volumes.restore(parseInput<"checkpoint.restore">("checkpoint.restore", input).upgrade);
        return { setAside: [] };
      case "checkpoint.remove":
        this.volumes.copy = null;
        return { removed: 1 };
      case "instance.prove": {
        const { spec } = parseInput<"instance.prove">("instance.prove", input);
        this.running = spec.version;
        this.volumes.data = `of ${spec.version}`;
        this.database.data = `of ${spec.version}`;
        return { containerIds: [], healthyAt: "2026-11-29T12:00:04.000Z" };
      }
      case "instance.ensure":
        this.running = parseInput<"instance.ensure">("instance.ensure", input).version;
        return { changed: true, containerIds: [] };
      default:
        throw new Error(`${kind} is not expected`);
    }
  }
}

export function fakeWorld(inventory: Inventory): FakeWorld {
  return new FakeWorld(inventory);
}

function wordsOf(kind: AgentOperationKind, input: unknown): string {
  if (kind === "instance.ensure") return `${kind} ${parseInput<"instance.ensure">(kind, input).version}`;
  if (kind !== "instance.prove") return kind;
  const { spec, onFailure } = parseInput<"instance.prove">(kind, input);
  return `${kind} ${spec.version} ${onFailure}`;
}
