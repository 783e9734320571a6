/** Drills by an agent's process, with real restic, real PostgreSQL and a real Docker engine. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { backupDrill } from "@berth/shared/operations/backup-drill";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Snapshot } from "@berth/shared/operations/backup-source";
import { BackupNode, bucket, collection, sources, subject } from "../testing/backup-node.ts";
import { startObjectStore, startQdrant } from "../testing/backup-stores.ts";
import { drilledService, drillInput, relayed } from "../testing/drill-input.ts";
import { eventually } from "../testing/processes.ts";

let node: BackupNode;
/** Of one backup of everything. */
let snapshots: Snapshot[];
const { volume, database, collections, buckets } = sources;

beforeAll(async () => {
  node = await BackupNode.start();
  await startQdrant(node.node.namespace, node.node.directory, relayed.qdrant);
  await startObjectStore(node.node.namespace, node.node.directory, relayed.objects);
  await node.sql('CREATE TABLE "Rows" (id int PRIMARY KEY, text text)');
  await node.sql(`INSERT INTO "Rows" SELECT i, E'a\\n' || md5(i::text) FROM generate_series(1, 5000) i`);
  await node.sql("CREATE TABLE empty (id int)");
  await node.inInstance("echo kept > /data/note; busybox mkdir /data/deep; echo more > /data/deep/file");
  await node.qdrant("PUT", `/collections/${collection}`, { vectors: { size: 2, distance: "Dot" } });
  const points = [1, 2, 3].map((id) => ({ id, vector: [id, 0.5], payload: {} }));
  await node.qdrant("PUT", `/collections/${collection}/points?wait=true`, { points });
  await node.objects("make", bucket);
  await node.objects("put", bucket, "folder/a b", "first");
  snapshots = (await node.create([volume, database, collections, buckets], { stop: true })).snapshots;
});
afterAll(async () => {
  await node.stop();
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") process.stderr.write(node.agent.output().slice(-4000));
  expect(await node.tools()).toBe("");
  expect(await leftovers()).toBe("");
});

const only = (...kinds: Snapshot["kind"][]) => snapshots.filter(({ kind }) => kinds.includes(kind));

/** Everything of drills that is on the node. */
async function leftovers(): Promise<string> {
  const found = [
    await node.docker("ps", "--all", "--filter=label=berth.drill", "--format={{.Names}}"),
    await node.docker("volume", "ls", "--filter=name=berth-drill-", "--format={{.Name}}"),
    await node.docker("network", "ls", "--filter=name=berth-drill-", "--format={{.Name}}"),
  ];
  return found.filter((names) => names !== "").join("\n");
}

async function whatRuns() {
  const state = "{{.Id}} {{.State.StartedAt}}";
  const rows = await node.sql('SELECT count(*) FROM "Rows"');
  return {
    rows,
    container: await node.docker("inspect", `--format=${state}`, subject),
    note: await node.inInstance("cat /data/note"),
  };
}

describe("a drill", () => {
  it("proves everything of a backup, and leaves alone what runs", async () => {
    const before = await whatRuns();
    const result = backupDrill.result.parse(await node.perform("backup.drill", drillInput(node, snapshots)));
    expect(result).toMatchObject({
      level: "service",
      version: "1",
      parts: [
        { name: "data", counts: { files: 2 } },
        { name: "db", counts: { tables: 2, rows: 5000 } },
        { name: "memories", counts: { [collection]: 3 } },
        { name: "files", counts: { [bucket]: 1 } },
      ],
    });
    expect(result.memoryBytes).toBeGreaterThan(0);
    expect(await whatRuns()).toEqual(before);
  });

  it("proves the data alone where there is no service to start", async () => {
    const input = drillInput(node, only("volume"), { service: null });
    expect(await node.perform("backup.drill", input)).toMatchObject({ level: "data", version: null });
  });

  it("happens on a network that leads nowhere, unseen by whoever looks at the node", async () => {
    const reachesOut = "busybox nc -w 1 172.17.0.1 5432 < /dev/null && test ! -e /data/never";
    const service = drilledService(`busybox nslookup shared-postgres && ! { ${reachesOut}; } && busybox sleep 2`);
    const pending = node.outcome("backup.drill", drillInput(node, only("database"), { service }));
    await eventually("the service to run", async () => (await leftovers()).includes(`berth-drill-${subject}`), 120_000);
    const { instances } = await node.node.controller.observe();
    expect(instances.map(({ instance, state }) => [instance, state])).toEqual([[subject, "healthy"]]);
    expect(await node.docker("port", "berth-drill-shared-postgres")).toBe("");
    expect(await pending).toMatchObject({ status: "succeeded" });
    const sampled = node.node.controller.all("samples").flatMap(({ batch }) => batch.containers);
    expect(sampled.filter((name) => name.startsWith("berth-drill-"))).toEqual([]);
  });
});

describe("nothing is proven", () => {
  it("where the service does not become healthy", async () => {
    const service = drilledService('test "$(cat /data/note)" = another');
    const outcome = await node.outcome("backup.drill", drillInput(node, only("volume"), { service }));
    expect(outcome).toMatchObject({ status: "failed", error: { code: "instance.unhealthy" } });
    expect(outcome).toMatchObject({ error: { message: expect.stringContaining("in the drill") } });
  });

  it("where something is missing of what was counted", async () => {
    const fewer = only("volume", "collections").map((one) => {
      return {
        ...one,
        counts: Object.fromEntries(Object.entries(one.counts).map(([name, count]) => [name, count + 1])),
      };
    });
    for (const one of fewer) {
      const outcome = await node.outcome("backup.drill", drillInput(node, [one]));
      // Points are counted by what restores them as well, which the store may end first.
      const code = expect.stringMatching(/^(?:backup\.damaged|store\.failed)$/);
      expect(outcome).toMatchObject({ status: "failed", error: { code } });
    }
  });

  it("where the repository was tampered with, or is cut short", async () => {
    for (const spoil of [
      (content: Buffer) => content.fill("x", Math.floor(content.length / 4), Math.floor(content.length / 2)),
      (content: Buffer) => content.subarray(0, 50),
    ]) {
      const repository = node.repository({ location: join(node.directory, `spoilt-${spoil.toString().length}`) });
      const made = await node.create([volume, database], { repository });
      const data = join(repository.location, "data");
      const files = (await readdir(data, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      for (const { parentPath, name } of files) {
        await writeFile(join(parentPath, name), spoil(await readFile(join(parentPath, name))));
      }
      const outcome = await node.outcome("backup.drill", drillInput(node, made.snapshots, { repository }));
      expect(outcome).toMatchObject({ status: "failed", error: { code: "backup.damaged" } });
    }
  });

  it("on a node that has too little memory left, and nothing is begun", async () => {
    const outcome = await node.outcome("backup.drill", drillInput(node, only("volume"), { memoryBytes: 2 ** 50 }));
    expect(outcome).toMatchObject({ status: "failed", error: { code: "conflict" } });
    expect(outcome).toMatchObject({ error: { message: expect.stringContaining("MiB free") } });
  });

  it("on a node that has too little disk left, and nothing is begun", async () => {
    const large = only("volume").map((snapshot) => ({ ...snapshot, bytes: 2 ** 50 }));
    const outcome = await node.outcome("backup.drill", drillInput(node, large));
    expect(outcome).toMatchObject({ status: "failed", error: { code: "disk.full" } });
  });
});

describe("what a drill has made goes", () => {
  const slow = () => drillInput(node, only("database"), { service: drilledService("busybox sleep 3") });
  const underWay = () =>
    eventually("the drill", async () => (await leftovers()).includes(`berth-drill-${subject}`), 120_000);

  it("when it is cancelled", async () => {
    const { controller } = node.node;
    const service = drilledService("exit 1", 120);
    const input = drillInput(node, only("database"), { service });
    const id = controller.operation("backup.drill", input, { deadlineSeconds: 300 });
    await underWay();
    controller.send({ type: "cancel", id });
    expect(await controller.outcome(id, 240_000)).toEqual({ status: "cancelled" });
  });

  it("when the agent was killed, which begins anew", async () => {
    const { controller } = node.node;
    const id = controller.operation("backup.drill", slow(), { deadlineSeconds: 300 });
    await underWay();
    await node.agent.kill("SIGKILL");
    await eventually("the controller to notice", () => !controller.isConnected);
    expect(await leftovers()).not.toBe("");
    node.agent = node.node.startAgent();
    expect(await controller.outcome(id, 240_000)).toMatchObject({ status: "succeeded" });
  });

  it("when the agent was killed and there is no drill to carry on", async () => {
    await node.agent.kill("SIGKILL");
    await node.docker("network", "create", "--internal", "--label=berth.drill=", "berth-drill-network");
    await node.docker("volume", "create", "--label=berth.drill=", "berth-drill-left");
    await node.docker(
      "create",
      "--label=berth.drill=x",
      "--network=berth-drill-network",
      "--volume=berth-drill-left:/x",
      "test/web:1",
    );
    node.agent = node.node.startAgent();
    await eventually("the agent to clear up", async () => (await leftovers()) === "", 120_000);
    await node.node.controller.connected(120_000);
  });

  it("when Docker was killed, which begins anew", async () => {
    const { controller, docker } = node.node;
    const id = controller.operation(
      "backup.drill",
      drillInput(node, only("volume"), { service: drilledService("busybox sleep 3") }),
      {
        deadlineSeconds: 300,
      },
    );
    await underWay();
    await docker.kill();
    await docker.restart();
    expect(await controller.outcome(id, 240_000)).toMatchObject({ status: "succeeded" });
  });
});
