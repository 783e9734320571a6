import { BerthError } from "@berth/shared/errors";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { describe, expect, it } from "vitest";
import { EngineAway } from "../docker/errors.ts";
import { Journal } from "../journal/journal.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";
import { context, engineWith, health, specOf, waiting } from "../testing/web-instance.ts";
import { ensureInstance, instanceEnsure } from "./instance-ensure.ts";

describe("ensureInstance", () => {
  it("makes what is missing, with no step too many", async () => {
    const engine = engineWith("1");
    const result = await ensureInstance(engine, specOf("1"), context(), waiting);
    expect(result).toMatchObject({ changed: true, containerIds: ["id-1"] });
    expect(engine.changes).toEqual(["create user1-web", "start user1-web"]);
  });

  it("does not touch what is as it should be", async () => {
    const engine = engineWith("1");
    await ensureInstance(engine, specOf("1"), context(), waiting);
    engine.changes.length = 0;
    expect(await ensureInstance(engine, specOf("1"), context(), waiting)).toMatchObject({
      changed: false,
      containerIds: ["id-1"],
    });
    expect(engine.changes).toEqual([]);
  });

  it("pulls an image that is missing before anything else", async () => {
    const engine = new FakeEngine();
    await ensureInstance(engine, specOf("1"), context(), waiting);
    expect(engine.changes).toEqual(["pull test/web:1", "create user1-web", "start user1-web"]);
  });

  it("makes the next container before the one that runs is stopped", async () => {
    const engine = engineWith("1", "2");
    await ensureInstance(engine, specOf("1"), context(), waiting);
    engine.changes.length = 0;
    await ensureInstance(engine, specOf("2"), context(), waiting);
    expect(engine.changes).toEqual([
      "create user1-web.next",
      "stop user1-web",
      "rename user1-web user1-web.previous",
      "rename user1-web.next user1-web",
      "start user1-web",
      "remove user1-web.previous",
    ]);
    expect(engine.states).toEqual(["user1-web running"]);
  });

  it("puts the former container back when the next one stays unhealthy", async () => {
    const engine = engineWith("1", "2");
    await ensureInstance(engine, specOf("1"), context(), waiting);
    engine.health.set("test/web:2", 1);
    const failing = ensureInstance(engine, specOf("2"), context(), waiting);
    await expect(failing).rejects.toThrow(/did not become healthy: check exits 1.*\n?it failed/s);
    await expect(failing).rejects.toMatchObject({ code: "instance.unhealthy" });
    expect(engine.states).toEqual(["user1-web running"]);
    expect([...engine.containers.keys()]).toEqual(["id-1"]);
  });

  it("restarts what runs and does not recover, once", async () => {
    const engine = engineWith("1");
    await ensureInstance(engine, specOf("1"), context(), waiting);
    engine.health.set("test/web:1", 1);
    engine.changes.length = 0;
    const failing = ensureInstance(engine, specOf("1"), context(), waiting);
    await expect(failing).rejects.toMatchObject({ code: "instance.unhealthy" });
    expect(engine.changes).toEqual(["stop user1-web", "start user1-web"]);
    engine.onChange = (change) => void (change === "start user1-web" && engine.health.set("test/web:1", 0));
    expect(await ensureInstance(engine, specOf("1"), context(), waiting)).toMatchObject({ containerIds: ["id-1"] });
    expect(engine.states).toEqual(["user1-web running"]);
  });

  it("lets what has not had its time to start go on with it", async () => {
    const engine = engineWith("1");
    await ensureInstance(engine, specOf("1"), context(), waiting);
    engine.health.set("test/web:1", 1);
    for (const container of engine.containers.values())
      container.startedAt = new Date(Date.now() + 60_000).toISOString();
    engine.changes.length = 0;
    const failing = ensureInstance(engine, specOf("1"), context(), waiting);
    await expect(failing).rejects.toMatchObject({ code: "instance.unhealthy" });
    expect(engine.changes).toEqual([]);
  });

  it("stops nothing when the next container cannot be made", async () => {
    const engine = engineWith("1", "2");
    await ensureInstance(engine, specOf("1", ["user1-web", "user1-web-worker"]), context(), waiting);
    engine.changes.length = 0;
    engine.onChange = (change) => {
      if (change === "create user1-web-worker.next") throw new BerthError("disk.full", "no space");
    };
    const failing = ensureInstance(engine, specOf("2", ["user1-web", "user1-web-worker"]), context(), waiting);
    await expect(failing).rejects.toMatchObject({ code: "disk.full" });
    expect(engine.changes).toEqual(["network berth", "create user1-web.next", "remove user1-web.next"]);
    expect(engine.states).toEqual(["user1-web running", "user1-web-worker running"]);
  });

  it("goes back when it is cancelled behind the gate", async () => {
    const engine = engineWith("1", "2");
    await ensureInstance(engine, specOf("1"), context(), waiting);
    engine.health.set("test/web:2", 1);
    const abort = new AbortController();
    engine.onChange = (change) => {
      if (change === "start user1-web") abort.abort(new BerthError("cancelled", "stop"));
    };
    await expect(ensureInstance(engine, specOf("2"), context(abort.signal), waiting)).rejects.toThrow("stop");
    expect([...engine.containers.values()].map(({ id, name, state }) => [id, name, state])).toEqual([
      ["id-1", "user1-web", "running"],
    ]);
  });

  it("changes limits in place", async () => {
    const engine = engineWith("1");
    await ensureInstance(engine, specOf("1"), context(), waiting);
    engine.changes.length = 0;
    await engine.updateContainer("id-1", { memoryBytes: 1, cpus: 1 });
    await ensureInstance(engine, specOf("1"), context(), waiting);
    expect(engine.changes).toEqual(["update user1-web", "update user1-web"]);
  });

  it("refuses a container of somebody else under its name", async () => {
    const engine = engineWith("1");
    await engine.createContainer(instanceSpec({ instance: "other" }), containerSpec(), "user1-web");
    engine.changes.length = 0;
    await expect(ensureInstance(engine, specOf("1"), context(), waiting)).rejects.toMatchObject({ code: "conflict" });
    expect(engine.changes).toEqual([]);
  });

  /** Kills the agent before the n-th change of an update, for each n, and lets the next attempt finish. */
  it.each([0, 1, 2, 3, 4, 5])("converges when it was killed before change %i of an update", async (n) => {
    const engine = engineWith("1", "2");
    await ensureInstance(engine, specOf("1"), context(), waiting);
    let changes = 0;
    engine.onChange = () => {
      changes += 1;
      if (changes > n) throw new Error("killed");
    };
    await expect(ensureInstance(engine, specOf("2"), context(), waiting)).rejects.toThrow("killed");
    engine.onChange = () => undefined;
    await ensureInstance(engine, specOf("2"), context(), waiting);
    expect(engine.states).toEqual(["user1-web running"]);
    expect([...engine.containers.values()].map(({ image }) => image)).toEqual(["test/web:2"]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    "converges when it was killed before change %i of an update that goes back",
    async (n) => {
      const engine = engineWith("1", "2");
      await ensureInstance(engine, specOf("1"), context(), waiting);
      engine.health.set("test/web:2", 1);
      let changes = 0;
      engine.onChange = () => {
        changes += 1;
        if (changes > n) throw new Error("killed");
      };
      await expect(ensureInstance(engine, specOf("2"), context(), waiting)).rejects.toThrow();
      engine.onChange = () => undefined;
      await expect(ensureInstance(engine, specOf("2"), context(), waiting)).rejects.toThrow("did not become healthy");
      expect([...engine.containers.values()].map(({ name, image, state }) => [name, image, state])).toEqual([
        ["user1-web", "test/web:1", "running"],
      ]);
    },
  );
});

describe("an engine that goes away", () => {
  /** As a killed engine leaves it: everything that ran has ended, with its exit code. */
  function restartEngine(engine: FakeEngine): void {
    for (const container of engine.containers.values()) {
      if (container.state === "running") Object.assign(container, { state: "exited", pid: 0, address: null });
    }
    engine.presence.onUnreachable();
    engine.presence.onRunning(Date.parse("2026-11-24T00:00:01Z"));
  }

  /** With a start period longer than the gate takes to look at a container again. */
  function patient(spec: InstanceSpec): InstanceSpec {
    const slow = { ...health, startPeriodSeconds: 10 };
    return { ...spec, containers: spec.containers.map((container) => ({ ...container, health: slow })) };
  }

  it("while the gate waits does not fail the update: the new container is started again", async () => {
    const engine = engineWith("1", "2");
    const { desired } = new Journal(":memory:");
    const perform = instanceEnsure(engine, desired);
    await perform(specOf("1"), context());
    let probes = 0;
    engine.execExitCode = async (id) => {
      probes += 1;
      if (probes === 1) restartEngine(engine);
      return engine.containers.get(id)?.state === "running" ? 0 : 1;
    };
    engine.changes.length = 0;
    desired.set(patient(specOf("2")));
    expect(await perform(patient(specOf("2")), context())).toMatchObject({ containerIds: ["id-2"] });
    expect(engine.changes.filter((change) => change.startsWith("start"))).toHaveLength(2);
    expect([...engine.containers.values()].map(({ name, image, state }) => [name, image, state])).toEqual([
      ["user1-web", "test/web:2", "running"],
    ]);
    expect(desired.get("user1-web")?.version).toBe("2");
  });

  it.each([0, 1, 2, 3, 4, 5])("before change %i of an update only costs time", async (n) => {
    const engine = engineWith("1", "2");
    const { desired } = new Journal(":memory:");
    const perform = instanceEnsure(engine, desired);
    await perform(specOf("1"), context());
    let changes = 0;
    engine.onChange = (change) => {
      changes += 1;
      if (changes !== n + 1) return;
      restartEngine(engine);
      throw new EngineAway(change, "ECONNREFUSED", undefined);
    };
    await perform(specOf("2"), context());
    expect([...engine.containers.values()].map(({ name, image, state }) => [name, image, state])).toEqual([
      ["user1-web", "test/web:2", "running"],
    ]);
  });

  it("is no excuse for a container that ends again, by itself", async () => {
    const engine = engineWith("1");
    let exits = 0;
    engine.execExitCode = async (id) => {
      exits += 1;
      if (exits === 1) restartEngine(engine);
      const startedAt = exits === 1 ? "2026-11-24T00:00:00Z" : "2026-11-24T00:00:02Z";
      Object.assign(engine.containers.get(id) ?? {}, { state: "exited", exitCode: 3, startedAt });
      return 1;
    };
    const failing = instanceEnsure(engine, new Journal(":memory:").desired)(patient(specOf("1")), context());
    await expect(failing).rejects.toThrow("its container is exited (exit code 3)");
    expect(engine.changes.filter((change) => change.startsWith("start"))).toHaveLength(2);
  });
});

describe("instanceEnsure", () => {
  it("holds the node to the new specification once it is healthy, to the old one when it is not", async () => {
    const engine = engineWith("1", "2", "3");
    const { desired } = new Journal(":memory:");
    const perform = instanceEnsure(engine, desired);
    desired.set(specOf("1"));
    await perform(specOf("1"), context());
    expect(desired.proven("user1-web")?.version).toBe("1");
    engine.health.set("test/web:2", 1);
    desired.set(specOf("2"));
    await expect(perform(specOf("2"), context())).rejects.toThrow("did not become healthy");
    expect(desired.get("user1-web")?.version).toBe("1");
    desired.set(specOf("3"));
    await perform(specOf("3"), context());
    expect(desired.proven("user1-web")?.version).toBe("3");
  });
});

describe("a port that Docker keeps for nobody", () => {
  /** Nothing listens there, as /proc is asked. */
  const port = 1;

  function withPort(spec: InstanceSpec): InstanceSpec {
    const ports = [{ container: 8080, host: port }];
    return { ...spec, containers: spec.containers.map((container) => ({ ...container, ports })) };
  }

  /** An engine with version 1, as it is after the end of one that was starting the container. */
  async function damaged(): Promise<FakeEngine> {
    const engine = engineWith("1", "2");
    await perform(engine, withPort(specOf("1")));
    await engine.stopContainer("id-1");
    engine.keptPorts.add(port);
    return engine;
  }

  function perform(engine: FakeEngine, spec: InstanceSpec): Promise<unknown> {
    return instanceEnsure(engine, new Journal(":memory:").desired)(spec, context());
  }

  const restarts = (engine: FakeEngine) => engine.changes.filter((change) => change === "restart the engine").length;

  it("is freed by one restart of the engine, and the operation carries on", async () => {
    const engine = await damaged();
    await perform(engine, withPort(specOf("2")));
    expect(restarts(engine)).toBe(1);
    expect(engine.states).toEqual(["user1-web running"]);
  });

  it("is not fought for when a restart does not free it", async () => {
    const engine = await damaged();
    engine.restartFrees = false;
    await expect(perform(engine, withPort(specOf("2")))).rejects.toThrow("port is already allocated");
    expect(restarts(engine)).toBe(1);
  });

  it("is not one that a container publishes: nothing is restarted for it", async () => {
    const engine = engineWith("1");
    await perform(engine, withPort(specOf("1")));
    const other = { ...withPort(specOf("1", ["user1-other"])), instance: "user1-other" };
    await expect(perform(engine, other)).rejects.toThrow("which the container user1-web holds");
    expect(restarts(engine)).toBe(0);
  });
});
