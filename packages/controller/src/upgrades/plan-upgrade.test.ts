import { operations as kinds } from "@berth/shared/operations/index";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { beforeEach, describe, expect, test } from "vitest";
import { checkGraph } from "../runs/graph.ts";
import { batchSize, inBatches } from "../plan/moves.ts";
import { by, presentDigest, request, UpgradeWorld } from "./test-world.ts";

let world: UpgradeWorld;
beforeEach(() => {
  world = new UpgradeWorld();
});

const dry = { ...by, dryRun: true };
const plan = async (...asked: Parameters<typeof request>) => (await world.control.start(request(...asked), dry)).plan;

function upgrades(operations: readonly PlannedOperation[]): PlannedOperation<"instance.upgrade">[] {
  return operations.flatMap((operation) => (operation.kind === "instance.upgrade" ? [operation] : []));
}

/** All that has ended when an operation begins. */
function before(id: string, operations: readonly PlannedOperation[]): Set<string> {
  const found = new Set<string>();
  const visit = (one: string): void => {
    for (const earlier of operations.find((each) => each.id === one)?.after ?? []) {
      found.add(earlier);
      visit(earlier);
    }
  };
  visit(id);
  return found;
}

describe("a plan", () => {
  test("is one that can be carried out, and its inputs are as declared", async () => {
    const { operations } = await plan("n8n", "2.42.0");
    checkGraph(operations);
    for (const { kind, input } of operations) kinds[kind].input.parse(input);
    expect(operations.map(({ kind, target }) => `${kind} ${target}`)).toEqual([
      ...["user1", "user2", "user3"].map(() => "image.ensure docker.io/n8nio/n8n:2.42.0"),
      ...["user1", "user2", "user3"].flatMap((tenant) => [
        "image.ensure docker.io/restic/restic:0.18.1",
        "image.ensure docker.io/library/postgres:17.12",
        `backup.create ${tenant}-n8n`,
      ]),
      ...["user1", "user2", "user3"].map((tenant) => `repository.check ${tenant}`),
      ...["user1", "user2", "user3"].map((tenant) => `instance.upgrade ${tenant}-n8n`),
      "upgrade.conclude n8n",
    ]);
  });

  test("stops nothing before every image is there and every backup is verified", async () => {
    const { operations } = await plan("n8n", "2.42.0");
    const first = operations.filter(({ kind }) => !kind.endsWith("upgrade") && !kind.startsWith("upgrade"));
    for (const { id } of upgrades(operations)) {
      expect([...before(id, operations)]).toEqual(expect.arrayContaining(first.map((operation) => operation.id)));
    }
  });

  test("that may be rolled back looks at each instance once more when all are moved", async () => {
    const { operations, warnings } = await plan("n8n", "2.42.0", { onFailure: "rollback-all" });
    checkGraph(operations);
    const ids = operations.map(({ id }) => id);
    for (const { target, id, input } of upgrades(operations)) {
      expect(input.onFailure).toBe("rollback-all");
      const last = operations.find((operation) => operation.id === `instance.rollback/${target}`);
      expect(last?.after).toEqual(expect.arrayContaining(upgrades(operations).map((each) => each.id)));
      expect(ids.indexOf(id)).toBeLessThan(ids.indexOf(last?.id ?? ""));
    }
    expect([...before("upgrade.conclude/n8n/2.42.0", operations)]).toContain("instance.rollback/user3-n8n");
    expect(warnings.join(" ")).toContain("copies are kept until all instances are moved");
  });

  test("moves the canary alone, and each batch after all of the former one", async () => {
    const { operations } = await plan("n8n", "2.42.0", { canary: "user2", batch: 2 });
    const ids = ["user1", "user2", "user3"].map((tenant) => `instance.upgrade/${tenant}-n8n`);
    const waits = (id: string) => operations.find((each) => each.id === id)?.after.filter((one) => ids.includes(one));
    expect(waits("instance.upgrade/user2-n8n")).toEqual([]);
    expect(waits("instance.upgrade/user1-n8n")).toEqual(["instance.upgrade/user2-n8n"]);
    expect(waits("instance.upgrade/user3-n8n")).toEqual(["instance.upgrade/user2-n8n"]);
    expect(operations.at(-1)).toMatchObject({ id: "upgrade.conclude/n8n/2.42.0", after: expect.arrayContaining(ids) });
  });

  test("says how each instance gets there, and how it comes back", async () => {
    const [first] = upgrades((await plan("n8n", "2.42.0", { minHealthySeconds: 7, maxFailures: 1 })).operations);
    expect(first).toMatchObject({ reason: "version 2.41.1 -> 2.42.0", node: "user1", change: "upgrade" });
    expect(first?.input).toMatchObject({
      upgrade: expect.stringMatching(/^n8n-\d{8}-\d{6}-[0-9a-f]{4}$/),
      spec: { version: "2.42.0", containers: [{ image: "docker.io/n8nio/n8n:2.42.0" }] },
      former: { version: "2.41.1", containers: [{ image: "docker.io/n8nio/n8n:2.41.1" }] },
      checkpoint: {
        volumes: ["user1-n8n-data"],
        databases: [{ server: "shared-postgres", database: "user1_n8n" }],
      },
      minHealthySeconds: 7,
      maxFailures: 1,
      record: true,
    });
  });

  test("holds no secret", async () => {
    const text = JSON.stringify((await plan("n8n", "2.42.0")).operations);
    expect(text).toContain("${secret:user1-n8n/encryptionKey@1}");
  });

  test("copies nothing of a service whose former version reads what the new one has written", async () => {
    const [first] = upgrades((await plan("postgres", "17.13")).operations);
    expect(first?.input).toMatchObject({ spec: { instance: "shared-postgres" }, checkpoint: null });
  });

  test("takes along parts that have the service's version", async () => {
    const [first] = upgrades((await plan("langfuse", "4.31.0")).operations);
    expect(first?.input.spec.containers.map(({ image }) => image)).toEqual([
      "docker.io/langfuse/langfuse:4.31.0",
      "docker.io/langfuse/langfuse-worker:4.31.0",
    ]);
  });

  test("looks at images that nodes have, and asks no registry for them", async () => {
    world.images = ["docker.io/n8nio/n8n:2.42.0"];
    world.answerOf = () => ({ kind: "missing", reason: "gone", nearest: [] });
    const [image] = (await plan("n8n", "2.42.0")).operations;
    expect(image).toMatchObject({ kind: "image.ensure", change: "verify", reason: "is on the node" });
  });

  test("has each node pull the image that the registry has now, unless its agent knows none by digest", async () => {
    const pinned = async () =>
      (await plan("n8n", "2.42.0")).operations.flatMap(({ kind, input }) =>
        kind === "image.ensure" && input.image.includes("n8n") ? [input.digest] : [],
      );
    expect(await pinned()).toEqual([presentDigest, presentDigest, presentDigest]);
    world.answerOf = () => ({ kind: "unknown", reason: "docker.io is away" });
    expect(await pinned()).toEqual([undefined, undefined, undefined]);
    world.answerOf = () => ({ kind: "present", digest: presentDigest });
    world.tellsDigests = false;
    expect(await pinned()).toEqual([undefined, undefined, undefined]);
  });

  test("looks for an image that is pinned by its digest under that alone, whatever its tag leads to", async () => {
    const pinned = `sha256:${"0123456789ab".padEnd(64, "0")}`;
    world.images = ["docker.io/n8nio/n8n:2.41.1"];
    const first = async () => (await plan("n8n", `2.41.1@${pinned}`)).operations[0];
    const image = `docker.io/n8nio/n8n:2.41.1@${pinned}`;
    expect(await first()).toMatchObject({ kind: "image.ensure", change: "create", input: { image } });
    world.images = [`docker.io/n8nio/n8n@${pinned}`];
    expect(await first()).toMatchObject({ kind: "image.ensure", change: "verify" });
  });

  test("moves to another image of the version that runs, and says so in few letters", async () => {
    const { operations } = await plan("n8n", `2.41.1@sha256:${"0123456789ab".padEnd(64, "0")}`);
    const [first] = upgrades(operations);
    expect(first?.reason).toBe("version 2.41.1 -> 2.41.1@sha256:0123456789ab");
    expect(first?.input.checkpoint).not.toBeNull();
  });
});

test("a batch is a number, or a share of all that are moved", () => {
  expect([batchSize(4, 12), batchSize("25%", 12), batchSize("25%", 3), batchSize("100%", 7)]).toEqual([4, 3, 1, 7]);
});

test("twelve in batches of four: one, then four, four and three", async () => {
  const moves = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const [first] = upgrades((await plan("n8n", "2.42.0", { only: ["user1"] })).operations);
      if (first === undefined) throw new Error("There is no upgrade");
      return { former: first.input.former, spec: { ...first.input.spec, instance: `user${index}-n8n` } };
    }),
  );
  expect(inBatches({ moves, canary: "user5-n8n", batch: 4 }).map((batch) => batch.length)).toEqual([1, 4, 4, 3]);
});
