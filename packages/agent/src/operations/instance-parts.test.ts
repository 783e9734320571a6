/** Instances of several containers: what one of them needs is done to it, and what fails of one is undone for all. */
import { healthSchema } from "@berth/shared/catalog/schema";
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import { describe, expect, it } from "vitest";
import { FakeEngine } from "../testing/fake-engine.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";
import { ensureInstance } from "./instance-ensure.ts";
import { untold } from "./phases.ts";

const health = healthSchema.parse({
  command: ["check"],
  intervalSeconds: 0.001,
  startPeriodSeconds: 0.02,
  failures: 2,
});
const context = { signal: new AbortController().signal, progress: () => undefined, phase: untold };
const waiting = { waitForHealth: true };

function part(name: string, overrides: Partial<ContainerSpec> = {}): ContainerSpec {
  return containerSpec({ name: `shared-stack-${name}`, image: `test/${name}:1`, ports: [], health, ...overrides });
}

function stack(hash: string, ...containers: ContainerSpec[]): InstanceSpec {
  return instanceSpec({ instance: "shared-stack", service: "stack", version: hash, hash, containers });
}

/** What a run of the instance changes. */
async function ensure(engine: FakeEngine, spec: InstanceSpec): Promise<string[]> {
  engine.changes.length = 0;
  await ensureInstance(engine, spec, context, waiting);
  return engine.changes;
}

async function running(...containers: ContainerSpec[]): Promise<FakeEngine> {
  const engine = new FakeEngine();
  await ensureInstance(engine, stack("1", ...containers), context, waiting);
  return engine;
}

describe("an instance of several containers", () => {
  it("starts them in order, each behind the health of the one before", async () => {
    const engine = new FakeEngine();
    const asked: string[] = [];
    engine.execExitCode = async (id) => {
      asked.push(engine.containers.get(id)?.name ?? "");
      engine.changes.push(`probe ${asked.at(-1)}`);
      return 0;
    };
    const changes = await ensure(engine, stack("1", part("db"), part("web")));
    expect(changes.filter((change) => !change.startsWith("pull"))).toEqual([
      "network berth",
      "create shared-stack-db",
      "start shared-stack-db",
      "probe shared-stack-db",
      "create shared-stack-web",
      "start shared-stack-web",
      "probe shared-stack-web",
    ]);
  });

  it("replaces the part that changed, and leaves the others running", async () => {
    const engine = await running(part("db"), part("web"));
    const changes = await ensure(engine, stack("2", part("db"), part("web", { env: { MODE: "new" } })));
    expect(changes).toEqual([
      "network berth",
      "create shared-stack-web.next",
      "stop shared-stack-web",
      "rename shared-stack-web shared-stack-web.previous",
      "rename shared-stack-web.next shared-stack-web",
      "start shared-stack-web",
      "remove shared-stack-web.previous",
    ]);
    expect(await ensure(engine, stack("2", part("db"), part("web", { env: { MODE: "new" } })))).toEqual([]);
  });

  it.each<[string, Partial<ContainerSpec>]>([
    ["a file", { files: [{ path: "/etc/app.yml", content: "b" }] }],
    ["an entrypoint", { entrypoint: ["/bin/other"] }],
    ["a limit", { memoryBytes: 1 }],
    ["a port", { ports: [{ container: 80, host: 65_001 }] }],
  ])("replaces a part of which %s changed", async (_what, overrides) => {
    const engine = await running(part("web", { files: [{ path: "/etc/app.yml", content: "a" }] }));
    const changes = await ensure(engine, stack("2", part("web", overrides)));
    expect(changes).toContain("create shared-stack-web.next");
  });

  it("replaces nothing when it is only looked at in another way", async () => {
    const engine = await running(part("db"), part("web"));
    const calm = { ...health, intervalSeconds: 0.002 };
    expect(await ensure(engine, stack("2", part("db", { health: calm }), part("web")))).toEqual([]);
  });

  it("puts all of them back when one stays unhealthy, and takes away what was new", async () => {
    const engine = await running(part("db"), part("web"));
    const before = [...engine.containers.keys()];
    engine.health.set("test/web:2", 1);
    const next = stack("2", part("db", { env: { A: "1" } }), part("cache"), part("web", { image: "test/web:2" }));
    await expect(ensure(engine, next)).rejects.toMatchObject({ code: "instance.unhealthy" });
    expect([...engine.containers.keys()]).toEqual(before);
    expect(engine.states).toEqual(["shared-stack-db running", "shared-stack-web running"]);
  });

  it("keeps a part that is no longer wanted until the others are healthy", async () => {
    const engine = await running(part("old"), part("web"));
    engine.health.set("test/web:2", 1);
    const failing = ensure(engine, stack("2", part("web", { image: "test/web:2" })));
    await expect(failing).rejects.toMatchObject({ code: "instance.unhealthy" });
    expect(engine.states).toEqual(["shared-stack-old running", "shared-stack-web running"]);
    engine.health.clear();
    const changes = await ensure(engine, stack("2", part("web", { image: "test/web:2" })));
    expect(changes.indexOf("stop shared-stack-old")).toBeLessThan(changes.indexOf("start shared-stack-web"));
    expect(changes.at(-1)).toBe("remove shared-stack-old");
    expect(engine.states).toEqual(["shared-stack-web running"]);
  });

  /** Kills the agent before the n-th change, for each n, and lets the next attempt finish. */
  it.each(Array.from({ length: 12 }, (_, n) => n))("converges when it was killed before change %i", async (n) => {
    const engine = await running(part("old"), part("db"), part("web"));
    const next = stack("2", part("db", { env: { A: "1" } }), part("cache"), part("web", { env: { A: "1" } }));
    let changes = 0;
    engine.onChange = () => {
      changes += 1;
      if (changes > n) throw new Error("killed");
    };
    await expect(ensure(engine, next)).rejects.toThrow("killed");
    engine.onChange = () => undefined;
    await ensure(engine, next);
    expect(engine.states).toEqual([
      "shared-stack-cache running",
      "shared-stack-db running",
      "shared-stack-web running",
    ]);
    expect(await ensure(engine, next)).toEqual([]);
  });

  it("may share a volume between two parts", async () => {
    const shared = [{ volume: "files", path: "/files" }];
    const engine = await running(part("api", { volumes: shared }), part("worker", { volumes: shared }));
    expect(engine.volumes.get("shared-stack")).toEqual(["shared-stack-files"]);
  });
});

describe("a pinned digest", () => {
  const pinned = `sha256:${"a".repeat(64)}`;
  const next = stack("2", part("web", { image: "test/web:2", digest: pinned }));

  it.each([
    ["another one", [`sha256:${"b".repeat(64)}`], /is sha256:b{64} on this node, and sha256:a{64} is pinned/],
    ["none", [], /has no digest of a registry/],
  ])("refuses an image that has %s before anything is stopped", async (_what, digests, sentence) => {
    const engine = await running(part("web"));
    engine.digests.set("test/web:2", digests);
    const failing = ensure(engine, next);
    await expect(failing).rejects.toMatchObject({
      code: "image.not-found",
      message: expect.stringMatching(sentence),
    });
    expect(engine.changes).toEqual(["pull test/web:2"]);
    expect(engine.states).toEqual(["shared-stack-web running"]);
  });

  it("lets the image pass that has it", async () => {
    const engine = await running(part("web"));
    engine.digests.set("test/web:2", [`sha256:${"b".repeat(64)}`, pinned]);
    expect(await ensure(engine, next)).toContain("start shared-stack-web");
  });
});
