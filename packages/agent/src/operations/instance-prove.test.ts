import { healthSchema } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { beforeEach, describe, expect, it } from "vitest";
import { EngineAway } from "../docker/errors.ts";
import { Journal } from "../journal/journal.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";
import { instanceEnsure } from "./instance-ensure.ts";
import { instanceProve } from "./instance-prove.ts";
import { untold } from "./phases.ts";

const health = healthSchema.parse({
  command: ["check"],
  intervalSeconds: 0.005,
  startPeriodSeconds: 0.02,
  failures: 2,
});

function specOf(version: string, names = ["user1-web"]): InstanceSpec {
  const containers = names.map((name) => containerSpec({ name, image: `test/web:${version}`, ports: [], health }));
  return instanceSpec({ version, hash: `hash-${version}`, containers });
}

let engine: FakeEngine;
let journal: Journal;
let lines: string[];
let failed: string[];

beforeEach(async () => {
  engine = new FakeEngine();
  journal = new Journal(":memory:");
  lines = [];
  failed = [];
  for (const version of ["1", "2"]) engine.images.set(`test/web:${version}`, `sha256:${version}`);
  journal.desired.set(specOf("1"));
  await instanceEnsure(engine, journal.desired)(specOf("1"), {
    signal: never,
    progress: () => undefined,
    phase: untold,
  });
  engine.changes.length = 0;
});

const never = new AbortController().signal;

function prove(onFailure: "former" | "stopped", changes: { seconds?: number; signal?: AbortSignal } = {}) {
  const { seconds = 0.05, signal = never } = changes;
  const spec = specOf("2");
  // As accepting the operation does.
  journal.desired.set(spec);
  const input = { node: "user1", spec, minHealthySeconds: seconds, onFailure };
  return instanceProve({ engine, journal, onFailed: async (instance) => void failed.push(instance) })(input, {
    signal,
    progress: ({ line }) => void lines.push(line),
    phase: untold,
  });
}

/** Has something happen to the new container at the n-th health command that finds it. */
function atProbe(n: number, happen: (id: string) => void): void {
  let probes = 0;
  engine.execExitCode = async (id) => {
    const container = engine.containers.get(id);
    if (container?.image !== "test/web:2") return 0;
    probes += 1;
    if (probes === n) happen(id);
    return engine.health.get(container.image) ?? 0;
  };
}

const all = () => [...engine.containers.values()].map(({ name, image, state }) => [name, image, state]);
const former = ["user1-web", "test/web:1"];

it("keeps the former container until the time is over", async () => {
  const { containerIds, healthyAt } = await prove("stopped");
  expect(containerIds).toEqual(["id-2"]);
  expect(Date.now() - Date.parse(healthyAt)).toBeGreaterThanOrEqual(45);
  expect(all()).toEqual([["user1-web", "test/web:2", "running"]]);
  expect(engine.changes.at(-1)).toBe("remove user1-web.previous");
  expect(journal.desired.proven("user1-web")?.version).toBe("2");
  expect(journal.held.has("user1-web")).toBe(false);
  expect(lines).toContain("user1-web is healthy: watching it for 0.05 s");
});

const failures: [string, (id: string) => void, RegExp][] = [
  [
    "exits",
    (id) => Object.assign(engine.containers.get(id) ?? {}, { state: "exited", exitCode: 3 }),
    /did not stay healthy: its container is exited \(exit code 3\), \d+ s after it was\..*\n?it failed/s,
  ],
  [
    "is started again by Docker",
    (id) => Object.assign(engine.containers.get(id) ?? {}, { restarts: 1 }),
    /its container ended and was started again/,
  ],
  [
    "runs out of memory",
    (id) => Object.assign(engine.containers.get(id) ?? {}, { restarts: 1, outOfMemory: true }),
    /was started again: it ran out of its memory of 64 MiB/,
  ],
  ["is unhealthy again", () => void engine.health.set("test/web:2", 1), /did not stay healthy: check exits 1/],
  ["is removed", (id) => void engine.containers.delete(id), /its container was removed/],
];

describe.each(failures)("a version that %s after it was healthy", (_, happen, message) => {
  beforeEach(() => {
    // What the engine was there for ends by itself.
    engine.presence.onRunning(0);
    atProbe(5, happen);
  });

  it("gives way to the former one", async () => {
    await expect(prove("former", { seconds: 10 })).rejects.toThrow(message);
    expect(all()).toEqual([[...former, "running"]]);
    expect(journal.desired.proven("user1-web")?.version).toBe("1");
    expect(journal.held.has("user1-web")).toBe(false);
  });

  it("leaves nothing running where its data are to be put back", async () => {
    await expect(prove("stopped", { seconds: 10 })).rejects.toThrow(message);
    expect(all()).toEqual([[...former, "exited"]]);
    expect(journal.desired.get("user1-web")?.version).toBe("1");
    expect(journal.held.has("user1-web")).toBe(true);
    expect(failed).toEqual(["user1-web"]);
  });
});

it("forgives a single probe that fails", async () => {
  atProbe(4, () => {
    engine.health.set("test/web:2", 1);
    queueMicrotask(() => engine.health.set("test/web:2", 0));
  });
  await prove("stopped");
  expect(all()).toEqual([["user1-web", "test/web:2", "running"]]);
});

it("holds what never became healthy, and says what it logged", async () => {
  engine.health.set("test/web:2", 1);
  const failing = prove("stopped");
  await expect(failing).rejects.toThrow(/did not become healthy: check exits 1.*It is stopped\..*it failed/s);
  await expect(failing).rejects.toMatchObject({ code: "instance.unhealthy" });
  expect(all()).toEqual([[...former, "exited"]]);
  expect(journal.held.has("user1-web")).toBe(true);
});

it("leaves nothing running also when the new version cannot even be made", async () => {
  engine.onChange = (change) => {
    if (change === "create user1-web.next") throw new BerthError("disk.full", "no space");
  };
  await expect(prove("stopped")).rejects.toMatchObject({ code: "disk.full" });
  expect(all()).toEqual([[...former, "exited"]]);
  expect(journal.held.has("user1-web")).toBe(true);
});

it("goes back when it is cancelled while it watches", async () => {
  const abort = new AbortController();
  atProbe(5, () => abort.abort(new BerthError("cancelled", "stop")));
  await expect(prove("stopped", { seconds: 10, signal: abort.signal })).rejects.toThrow("stop");
  expect(all()).toEqual([[...former, "exited"]]);
});

it("is no verdict on the version when the engine goes away: the time begins anew", async () => {
  atProbe(5, (id) => {
    Object.assign(engine.containers.get(id) ?? {}, { state: "exited", address: null });
    engine.presence.onUnreachable();
    engine.presence.onRunning(Date.now());
  });
  await prove("stopped");
  expect(all()).toEqual([["user1-web", "test/web:2", "running"]]);
});

it("stays held when Docker is not there to stop what failed", async () => {
  atProbe(5, (id) => {
    Object.assign(engine.containers.get(id) ?? {}, { state: "exited" });
    engine.onChange = () => {
      throw new EngineAway("stop it", "ECONNREFUSED", undefined);
    };
  });
  await expect(prove("stopped", { seconds: 10 })).rejects.toThrow();
  expect(journal.held.has("user1-web")).toBe(true);
});

/** With the former container stopped and held, as after checkpoint.create. */
describe.each([
  [0, "running"],
  [1, "exited"],
] as const)("killed, with health command that exits %i", (exitCode, state) => {
  it.each([0, 1, 2, 3, 4, 5, 6])("before change %i, it converges", async (n) => {
    await engine.stopContainer("id-1");
    journal.held.hold("user1-web");
    engine.health.set("test/web:2", exitCode);
    let changes = 0;
    engine.onChange = () => {
      changes += 1;
      if (changes > n) throw new Error("killed");
    };
    await prove("stopped").catch(() => undefined);
    engine.onChange = () => undefined;
    const again = prove("stopped");
    await (exitCode === 0 ? again : expect(again).rejects.toThrow("did not become healthy"));
    expect(all()).toEqual([["user1-web", `test/web:${exitCode === 0 ? "2" : "1"}`, state]]);
    expect(journal.held.has("user1-web")).toBe(exitCode !== 0);
  });
});
