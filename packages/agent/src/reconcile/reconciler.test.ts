import { healthSchema } from "@berth/shared/catalog/schema";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Journal } from "../journal/journal.ts";
import { silentLog } from "../log.ts";
import { ResourceLocks } from "../operations/locks.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";
import { EventPublisher } from "./event-publisher.ts";
import { HealthWatch } from "./health-watch.ts";
import { Observer } from "./observer.ts";
import { Reconciler } from "./reconciler.ts";

const health = healthSchema.parse({ command: ["check"] });
/** Without host ports: whether they are free is asked of the real /proc. */
const spec = instanceSpec({ containers: [containerSpec({ ports: [], health })] });

let engine: FakeEngine;
let journal: Journal;
let reconciler: Reconciler;
let watch: HealthWatch;
let observer: Observer;
let told: { what: string[]; mended: boolean }[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  engine = new FakeEngine();
  engine.images.set("test/web:1", "sha256:1");
  journal = new Journal(":memory:");
  journal.drift = "mend";
  journal.desired.set(spec);
  journal.desired.prove(spec.instance);
  told = [];
  const events = new EventPublisher({
    outbox: journal.outbox,
    log: silentLog,
    observeInstance: async (name) => observer.observeInstance(name),
    onEvent: ({ body }) => {
      if (body.kind === "drift") told.push({ what: body.what, mended: body.mended });
    },
  });
  const locks = new ResourceLocks();
  reconciler = new Reconciler({ engine, journal, locks, events, log: silentLog, health: () => watch });
  watch = new HealthWatch(engine, reconciler, silentLog);
  observer = new Observer(engine, journal, watch, { isWorkedOn: () => false, isAnsweredFor: () => false });
});
afterEach(() => {
  reconciler.stop();
  watch.stop();
  journal.close();
  vi.useRealTimers();
});

async function lookedAt(): Promise<void> {
  reconciler.onRunning();
  await reconciler.ready();
}

describe("an instance that departed from its proven specification", () => {
  const missing = ["container user1-web is missing"];

  it("is mended, and told", async () => {
    await lookedAt();
    expect(engine.changes).toEqual(["create user1-web", "start user1-web"]);
    expect(told).toEqual([{ what: missing, mended: true }]);
  });

  it("is left alone where the fleet only reports, and told once", async () => {
    journal.drift = "report";
    await lookedAt();
    await lookedAt();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(engine.changes).toEqual([]);
    expect(told).toEqual([{ what: missing, mended: false }]);
  });

  it("is not touched before it was ever healthy", async () => {
    journal.desired.remove(spec.instance);
    journal.desired.set(spec);
    await lookedAt();
    expect(engine.changes).toEqual([]);
  });

  it("is mended ever more calmly when it departs again and again", async () => {
    await lookedAt();
    const made = () => engine.changes.filter((change) => change === "start user1-web").length;
    await engine.stopContainer("id-1");
    await lookedAt();
    expect(made()).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(made()).toBe(2);
  });

  it("is tried again when mending does not end in time", async () => {
    engine.images.clear();
    const pulls: AbortSignal[] = [];
    engine.pullImage = async (_reference, _onProgress, signal) => {
      pulls.push(signal);
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => {
        reject(signal.reason);
      });
      return promise;
    };
    reconciler.onRunning();
    await vi.advanceTimersByTimeAsync(899_000);
    expect(pulls.map(({ aborted }) => aborted)).toEqual([false]);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(pulls.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(told).toEqual([{ what: missing, mended: false }]);
  });

  it("gives way to an operation on it", async () => {
    engine.images.clear();
    let reason: unknown;
    engine.pullImage = async (_reference, _onProgress, signal) => {
      reconciler.giveWay(spec.instance);
      reason = signal.reason;
      signal.throwIfAborted();
    };
    await lookedAt();
    expect(reason).toEqual(new Error("an operation works on the instance"));
    expect(engine.changes).toEqual([]);
  });
});

describe("an instance that an operation holds", () => {
  const stateOf = async () => (await observer.observe()).instances.map(({ state, drift }) => [state, drift]);

  it("is neither started nor mended, and no drift is told", async () => {
    await engine.createContainer(spec, containerSpec({ ports: [], health }), "user1-web");
    journal.held.hold(spec.instance);
    journal.stopped.set(spec.instance, ["id-1"]);
    engine.changes.length = 0;
    await lookedAt();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(engine.changes).toEqual([]);
    expect(told).toEqual([]);
    expect(await stateOf()).toEqual([["stopped", []]]);
  });

  it("is stopped again when Docker has started it, and called stopped meanwhile", async () => {
    await lookedAt();
    journal.held.hold(spec.instance);
    expect(await stateOf()).toEqual([["stopped", []]]);
    engine.changes.length = 0;
    reconciler.onEvent({ action: "start", id: "id-1", name: "user1-web", instance: spec.instance, at: 0 });
    await vi.advanceTimersByTimeAsync(500);
    expect(engine.changes).toEqual(["stop user1-web"]);
    expect(await stateOf()).toEqual([["stopped", []]]);
  });

  it("is mended once the hold has ended", async () => {
    journal.held.hold(spec.instance);
    await lookedAt();
    expect(engine.changes).toEqual([]);
    journal.held.release(spec.instance);
    reconciler.onSettled(spec.instance);
    await reconciler.ready();
    expect(engine.changes).toEqual(["create user1-web", "start user1-web"]);
  });
});

it("tells of a container that ran out of memory, and of none that is nobody's", async () => {
  await lookedAt();
  const event = { action: "oom", id: "1", name: "user1-web", at: 0 };
  reconciler.onEvent({ ...event, instance: spec.instance });
  reconciler.onEvent({ ...event, instance: undefined });
  // A worker that is killed in a loop is told of once a minute.
  for (let kills = 0; kills < 100; kills += 1) reconciler.onEvent({ ...event, instance: spec.instance });
  const bodies = journal.outbox.after(-1, 100).map(({ body }) => body);
  expect(bodies.filter(({ kind }) => kind === "outOfMemory")).toEqual([
    { kind: "outOfMemory", instance: spec.instance, container: "user1-web" },
  ]);
});
