import { beforeEach, describe, expect, test } from "vitest";
import { backup } from "../backups/test-fixtures.ts";
import { runningRun } from "../tenants/test-fixtures.ts";
import { by, example, pastMove, request, UpgradeWorld } from "./test-world.ts";

let world: UpgradeWorld;
beforeEach(() => {
  world = new UpgradeWorld();
});

const start = (...asked: Parameters<typeof request>) => world.control.start(request(...asked), by);
const movedOf = async (...asked: Parameters<typeof request>) =>
  (await start(...asked)).plan.operations.filter(({ kind }) => kind === "instance.upgrade").map(({ target }) => target);
const hold = (settings = "version: 2.40.7, hold: true") => {
  world.text = example.replace("user2: { node: user2 }", `user2: { node: user2, services: { n8n: { ${settings} } } }`);
};

describe("which instances", () => {
  test("all, in the order of the fleet; or those that are named, by themselves or by their tenants", async () => {
    expect(await movedOf("n8n", "2.42.0")).toEqual(["user1-n8n", "user2-n8n", "user3-n8n"]);
    expect(await movedOf("n8n", "2.42.0", { only: ["user3", "user1-n8n"] })).toEqual(["user1-n8n", "user3-n8n"]);
    await expect(start("n8n", "2.42.0", { only: ["user9"] })).rejects.toMatchObject({ code: "not-found" });
    await expect(start("n9n", "2.42.0")).rejects.toThrow("The fleet has no instance of 'n9n'; did you mean 'n8n'?");
  });

  test("not those that are held, unless they are named: then it is said", async () => {
    hold();
    const { plan } = await start("n8n", "2.42.0");
    expect(plan.warnings).toContain("user2-n8n is held at 2.40.7 and passed by");
    expect(plan.operations.map(({ target }) => target)).not.toContain("user2-n8n");
    await expect(start("n8n", "2.42.0", { only: ["user2"] })).rejects.toThrow("user2-n8n is held at 2.40.7");
  });

  test("not those that run it already: when all do, nothing is to be done", async () => {
    const { plan } = await start("n8n", "2.41.1");
    expect(plan).toEqual({
      operations: [],
      warnings: ["user1", "user2", "user3"].map((tenant) => `${tenant}-n8n runs 2.41.1 already`),
    });
  });

  test.each([
    [{ state: "unhealthy" as const }, "user2-n8n is unhealthy: it cannot be upgraded now"],
    [{ state: "stopped" as const }, "user2-n8n is stopped: it cannot be upgraded now"],
    [{ drift: ["container is gone"] }, "user2-n8n drifted: container is gone: it cannot be upgraded now"],
    [{ hash: "other" }, "user2-n8n runs something that is not on record: it cannot be upgraded now"],
    [null, "user2-n8n does not exist on its node: it cannot be upgraded now"],
  ])("none while one is %j, unless that one is left out", async (change, message) => {
    world.changes.set("user2-n8n", change);
    await expect(start("n8n", "2.42.0")).rejects.toMatchObject({ code: "instance.unhealthy", message });
    expect(await movedOf("n8n", "2.42.0", { only: ["user1", "user3"] })).toEqual(["user1-n8n", "user3-n8n"]);
  });

  test("none while a node is away", async () => {
    world.offline.add("user3");
    await expect(start("n8n", "2.42.0")).rejects.toThrow("user3-n8n: its node 'user3' cannot be asked");
  });

  test("not those of a suspended tenant", async () => {
    world.text = example.replace("user2: { node: user2 }", "user2: { node: user2, suspended: true }");
    expect(await movedOf("n8n", "2.42.0")).toEqual(["user1-n8n", "user3-n8n"]);
  });

  test("not one that is suspended by itself, which is said", async () => {
    hold("suspended: true");
    expect(await movedOf("n8n", "2.42.0")).toEqual(["user1-n8n", "user3-n8n"]);
    expect((await start("n8n", "2.42.0")).plan.warnings).toContain("user2-n8n is suspended and passed by");
  });
});

describe("before a run is begun", () => {
  test("the version must exist; one that nobody can be asked for is only told of", async () => {
    world.answerOf = () => ({ kind: "missing", reason: "docker.io has no tag '2.42.0'", nearest: ["2.41.3"] });
    await expect(start("n8n", "2.42.0")).rejects.toMatchObject({
      code: "image.not-found",
      hint: "Nothing was changed. It has '2.41.3'",
    });
    world.answerOf = () => ({ kind: "unknown", reason: "it is away" });
    expect((await start("n8n", "2.42.0")).plan.warnings).toContain(
      "whether docker.io/n8nio/n8n:2.42.0 can be pulled is not known: it is away",
    );
  });

  test("copies must fit, as far as is known how large they are", async () => {
    const snapshot = {
      kind: "volume",
      name: "data",
      snapshot: "a",
      bytes: 5 * 1024 ** 3,
      addedBytes: 0,
      counts: {},
    } as const;
    const part = { subject: "user1-n8n", node: "user1", state: "complete", stoppedMilliseconds: 0 } as const;
    world.backups = [backup({ parts: [{ ...part, snapshots: [snapshot] }] })];
    expect((await start("n8n", "2.42.0")).plan.warnings).toHaveLength(1);
    world.freeDisk = 6 * 1024 ** 3;
    expect((await start("n8n", "2.42.0")).plan.warnings.at(-1)).toContain("node 'user1' has 6GiB of disk left");
    world.freeDisk = 4 * 1024 ** 3;
    await expect(start("n8n", "2.42.0")).rejects.toMatchObject({ code: "disk.full" });
  });

  test("no backup is made where none is wanted, or the fleet has none: that is told", async () => {
    const { plan } = await start("n8n", "2.42.0", { backup: false });
    expect(plan.operations.map(({ kind }) => kind)).not.toContain("backup.create");
    expect(plan.warnings.join()).toContain("no backup is made first");
    world.text = example.replace(/^backups:\n.*\n/m, "");
    expect((await start("n8n", "2.42.0")).plan.warnings.join()).toContain("docs/backups.md");
  });

  test("a version that failed is not tried again by itself", async () => {
    world.past = [pastMove({ outcome: "went-back", reason: "it died" })];
    await expect(start("n8n", "2.42.0")).rejects.toMatchObject({ code: "conflict" });
    expect(await movedOf("n8n", "2.42.0", { retry: true })).toHaveLength(3);
    world.past.push(pastMove({ upgrade: "later", startedAt: "2026-11-21T03:00:00.000Z" }));
    expect(await movedOf("n8n", "2.42.0")).toHaveLength(3);
  });

  test("a canary that has moved already gives way to the next; one that is nobody is refused", async () => {
    hold();
    await expect(start("n8n", "2.42.0", { canary: "user2" })).rejects.toMatchObject({ code: "request.invalid" });
    await expect(start("n8n", "2.42.0", { canary: "user9" })).rejects.toMatchObject({ code: "not-found" });
  });

  test("a dry run makes no secrets and begins nothing", async () => {
    await world.control.start(request("n8n", "2.42.0"), { ...by, dryRun: true });
    expect([world.prepared, world.started]).toEqual([0, []]);
    await start("n8n", "2.42.0");
    expect([world.prepared, world.started.map(({ kind, account }) => `${kind} ${account}`)]).toEqual([
      1,
      ["upgrade anna"],
    ]);
  });
});

test("its own run is followed, and no other", async () => {
  world.underWay = runningRun("upgrade", ["upgrade.conclude/n8n/2.42.0"]);
  expect(await start("n8n", "2.42.0")).toMatchObject({ run: { id: 41 }, plan: { operations: [] } });
  expect(world.started).toEqual([]);
  await expect(start("n8n", "2.41.9")).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("Run 41 (upgrade, started by anna"),
  });
  expect(world.started).toEqual([]);
});

describe("a hold", () => {
  test("is written beside the version that runs, and touches nothing", async () => {
    expect(await world.control.hold("user2-n8n", null, by)).toMatchObject({ version: "2.41.1" });
    expect(world.fleet.tenants["user2"]?.services["n8n"]).toMatchObject({ hold: true, version: "2.41.1" });
    expect(world.edits).toMatchObject([{ kind: "upgrade.hold", only: [] }]);
  });

  test("at another version moves the instance there, and it alone", async () => {
    await world.control.hold("user2-n8n", "2.40.7", by);
    expect(world.edits).toMatchObject([{ only: ["user2-n8n"] }]);
  });

  test("ends, and the version stays until the next upgrade", async () => {
    await expect(world.control.release("user2-n8n", by)).rejects.toThrow("user2-n8n is not held");
    hold();
    expect(await world.control.release("user2-n8n", by)).toMatchObject({ version: "2.40.7" });
    expect(world.fleet.tenants["user2"]?.services["n8n"]).toEqual({ env: {}, version: "2.40.7" });
  });

  test("of a shared service, and of nobody", async () => {
    await world.control.hold("shared-qdrant", null, by);
    expect(world.fleet.services.shared["qdrant"]?.hold).toBe(true);
    await expect(world.control.hold("user9-n8n", null, by)).rejects.toMatchObject({ code: "not-found" });
  });
});

test("upgrades that were are told by upgrade, the newest first", async () => {
  world.past = [
    pastMove(),
    pastMove({ instance: "user2-n8n", startedAt: "2026-11-20T03:02:00.000Z", outcome: null }),
    pastMove({ upgrade: "n8n-later", startedAt: "2026-11-22T03:00:00.000Z" }),
  ];
  const upgrades = await world.control.list(10);
  expect(upgrades.map(({ id, instances }) => [id, instances.map(({ instance }) => instance)])).toEqual([
    ["n8n-later", ["user1-n8n"]],
    ["n8n-20261120-030000-11aa", ["user1-n8n", "user2-n8n"]],
  ]);
});
