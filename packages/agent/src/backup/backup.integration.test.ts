/** Backups and restores by an agent's process, with real restic, real PostgreSQL and a real Docker engine. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { BackupNode, bucket, collection, sources, subject } from "../testing/backup-node.ts";
import { eventually, type Running } from "../testing/processes.ts";
import { containerSpec, instanceSpec, mebibyte } from "../testing/specs.ts";

let node: BackupNode;
const { volume, database, collections, buckets } = sources;
const all = [volume, database, collections, buckets];

beforeAll(async () => {
  node = await BackupNode.start();
  await node.sql("CREATE TABLE rows (id int PRIMARY KEY, text text)");
  await node.sql("INSERT INTO rows SELECT i, md5(i::text) FROM generate_series(1, 50000) i");
  await node.inInstance("echo kept > /data/note && busybox chmod 640 /data/note && busybox chown 7:8 /data/note");
  await node.inInstance(
    "busybox mkdir -p /data/deep && busybox ln -s ../note /data/deep/link && busybox chmod 711 /data",
  );
  await node.qdrant("PUT", `/collections/${collection}`, { vectors: { size: 2, distance: "Dot" } });
  const points = [1, 2, 3].map((id) => ({ id, vector: [id, 0.5], payload: { text: `é${id}` } }));
  await node.qdrant("PUT", `/collections/${collection}/points?wait=true`, { points });
  await node.objects("make", bucket);
  await node.objects("put", bucket, "folder/a b%.txt", "first", "text/html");
  await node.objects("put", bucket, "../escape", "second");
});
afterAll(async () => {
  await node.stop();
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") process.stderr.write(node.agent.output().slice(-4000));
  expect(await node.tools()).toBe("");
});

/** Everything that the instance holds, as somebody would see it. */
async function state() {
  const scroll = { limit: 100, with_payload: true, with_vector: true };
  return {
    rows: await node.sql("SELECT count(*), md5(string_agg(text, ',' ORDER BY id)) FROM rows"),
    tables: await node.sql("SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'public'"),
    files: await node.inInstance("cd /data && busybox find . -exec busybox stat -c '%n %a %u %g %F' {} + && cat note"),
    points: await node.qdrant("POST", `/collections/${collection}/points/scroll`, scroll).then(resultOf),
    objects: await node.objects("list", bucket),
  };
}

const resultOf = (answer: unknown) => (answer as { result: unknown }).result;

async function change(): Promise<void> {
  await node.sql("UPDATE rows SET text = 'changed' WHERE id < 100");
  await node.sql("CREATE TABLE newer (id int REFERENCES rows (id))");
  await node.inInstance("echo changed > /data/note; echo new > /data/new; busybox rm -r /data/deep");
  const points = [
    { id: 2, vector: [9, 9], payload: {} },
    { id: 77, vector: [1, 1], payload: {} },
  ];
  await node.qdrant("PUT", `/collections/${collection}/points?wait=true`, { points });
  await node.objects("put", bucket, "folder/a b%.txt", "changed");
  await node.objects("put", bucket, "new", "new");
  await node.objects("remove", bucket, "../escape");
}

describe("a backup", () => {
  it("brings everything back exactly", async () => {
    const before = await state();
    const first = await node.create(all, { stop: true });
    expect(first.stoppedMilliseconds).toBeGreaterThan(0);
    expect(first.snapshots.map(({ counts }) => counts)).toMatchObject([
      { files: 1 },
      {},
      { [collection]: 3 },
      { [bucket]: 2 },
    ]);
    await change();
    expect(await state()).not.toEqual(before);
    await node.perform("backup.restore", node.restoreInput(all, first.snapshots));
    expect(await state()).toEqual(before);
    expect(await node.isRunning()).toBe(true);
    expect(await node.docker("volume", "ls", "--quiet", "--filter=name=restoring")).toBe("");
  });

  it("comes back beside, under other names, and leaves what it was made of", async () => {
    const { snapshots } = await node.create(all);
    const before = await state();
    await node.sql("CREATE ROLE beside LOGIN", "postgres", "postgres");
    await node.sql("CREATE DATABASE beside OWNER beside", "postgres", "postgres");
    await node.qdrant("PUT", "/collections/user9_web", { vectors: { size: 2, distance: "Dot" } });
    await node.objects("make", "user9-files");
    const beside = [
      { ...volume, volume: "user9-web-data" },
      { ...database, database: "beside", user: "beside" },
      { ...collections, collections: ["user9_web"] },
      { ...buckets, buckets: ["user9-files"] },
    ];
    const input = node.restoreInput(beside, snapshots, { subject: "user9-web", from: subject });
    const renamed = { [collection]: "user9_web", [bucket]: "user9-files" };
    await node.perform("backup.restore", { ...input, parts: input.parts.map((part) => ({ ...part, renamed })) });

    const rows = "SELECT count(*), md5(string_agg(text, ',' ORDER BY id)) FROM rows";
    expect(await node.sql(rows, "beside", "beside")).toBe(before.rows);
    const scroll = { limit: 100, with_payload: true, with_vector: true };
    const points = await node.qdrant("POST", "/collections/user9_web/points/scroll", scroll).then(resultOf);
    expect(points).toEqual(before.points);
    expect(await node.objects("list", "user9-files")).toBe(before.objects);
    const copied = "-v user9-web-data:/copy --entrypoint sh".split(" ");
    const note = await node.docker("run", "--rm", ...copied, "test/web:1", "-c", "cat /copy/note");
    expect(note).toBe("kept");
    expect(await state()).toEqual(before);
    await node.docker("volume", "rm", "user9-web-data");
  });

  it("takes the instance down over data that it has other keys for, once they are in place, and not before", async () => {
    const { snapshots } = await node.create([volume, database]);
    const restore = (password: string) =>
      node.outcome(
        "backup.restore",
        node.restoreInput([volume, database], snapshots, {
          takeDown: true,
          repository: node.repository({ password }),
        }),
      );
    expect(await restore("another-password")).toMatchObject({ error: { code: "unauthenticated" } });
    expect(await node.isRunning()).toBe(true);
    expect(await restore("password-of-user1")).toMatchObject({ status: "succeeded" });
    expect(await node.docker("ps", "--all", "--quiet", `--filter=name=^${subject}`)).toBe("");
    await node.perform("instance.ensure", instanceSpec({ containers: [containerSpec()] }));
    expect(await node.inInstance("cat /data/note")).toBe("kept");
  });

  it("goes to an S3 target as well", async () => {
    await node.objects("make", "target");
    const { accessKey, secretKey } = buckets;
    const repository = node.repository({
      location: "s3:http://127.0.0.1:9000/target/user1",
      directory: null,
      env: { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey },
    });
    const before = await state();
    const { snapshots } = await node.create([volume, database], { repository });
    await change();
    await node.perform("backup.restore", node.restoreInput([volume, database], snapshots, { repository }));
    const { rows, files } = await state();
    expect({ rows, files }).toEqual({ rows: before.rows, files: before.files });
    const checked = await node.perform("repository.check", { node: "user1", repository });
    const ids = snapshots.map(({ snapshot }) => snapshot);
    expect(checked).toMatchObject({ snapshots: expect.arrayContaining(ids) });
  });
});

it("tells what the time of a backup went into, in order and most of it", async () => {
  const { controller } = node.node;
  const startedAt = performance.now();
  const input = node.createInput([volume, database], { stop: true });
  const { phases = [] } = await controller.result(controller.operation("backup.create", input), 300_000);
  const took = performance.now() - startedAt;
  const told = phases.map(({ name, target }) => `${name} ${target ?? ""}`);
  const wanted = ["open repository", "stop", `back up ${volume.name}`, `back up ${database.name}`, "record"];
  const places = wanted.map((words) => told.findIndex((one) => one.startsWith(words)));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(phases.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / took).toBeGreaterThan(0.7);
  expect(JSON.stringify(phases)).not.toContain(input.repository.password);
});

describe("refused with one clear sentence, and nothing touched", () => {
  it("a wrong password", async () => {
    const outcome = await node.outcome(
      "backup.create",
      node.createInput([volume], { repository: node.repository({ password: "another-password" }), stop: true }),
    );
    expect(outcome).toMatchObject({ status: "failed", error: { code: "unauthenticated" } });
    expect(JSON.stringify(outcome)).not.toContain("another-password");
  });

  it("a target that is full", async () => {
    const directory = join(node.node.directory, "small");
    await node.mountSmall(directory);
    await node.inInstance("busybox dd if=/dev/urandom of=/data/large bs=1M count=30");
    const repository = node.repository({ location: join(directory, "user1"), directory });
    const outcome = await node.outcome("backup.create", node.createInput([volume], { repository, stop: true }));
    await node.inInstance("busybox rm /data/large");
    expect(outcome).toMatchObject({ status: "failed", error: { code: "disk.full" } });
    expect(await node.isRunning()).toBe(true);
  });

  it("a target that does not answer", async () => {
    const repository = node.repository({ location: "s3:http://127.0.0.1:9/target/user1", directory: null });
    const outcome = await node.outcome("backup.create", node.createInput([volume], { repository, stop: true }));
    expect(outcome).toMatchObject({ status: "failed", error: { code: "store.failed" } });
  });

  it("a snapshot that was tampered with", async () => {
    const repository = node.repository({ location: join(node.directory, "tampered") });
    const { snapshots } = await node.create([volume, database], { repository });
    const data = join(node.directory, "tampered/data");
    const files = (await readdir(data, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files) {
      const content = await readFile(join(parentPath, name));
      await writeFile(
        join(parentPath, name),
        content.fill("x", Math.floor(content.length / 4), Math.floor(content.length / 2)),
      );
    }
    const before = await state();
    const startedAt = await node.docker("inspect", "--format={{.State.StartedAt}}", subject);
    const outcome = await node.outcome(
      "backup.restore",
      node.restoreInput([volume, database], snapshots, { repository }),
    );
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "backup.damaged", message: expect.stringContaining("repository is damaged") },
    });
    expect(await state()).toEqual(before);
    expect(await node.docker("inspect", "--format={{.State.StartedAt}}", subject)).toBe(startedAt);
  });
});

describe("a large database", () => {
  const repository = () => node.repository({ location: join(node.directory, "large") });
  const dumping = () =>
    eventually("pg_dump to copy", async () => {
      const query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'pg_dump' AND query LIKE 'COPY%large%'";
      return (await node.sql(query, "postgres", "postgres")) || null;
    });

  beforeAll(async () => {
    const text = "(SELECT string_agg(md5(i::text || j::text), '') FROM generate_series(1, 30) j)";
    await node.sql(`CREATE TABLE large AS SELECT i, ${text} AS text FROM generate_series(1, 320000) i`);
  });

  it("that is no longer dumped in the middle leaves no snapshot", async () => {
    const pending = node.outcome("backup.create", node.createInput([database], { repository: repository() }));
    const pid = await dumping();
    await node.sql(`SELECT pg_terminate_backend(${pid})`, "postgres", "postgres");
    expect(await pending).toMatchObject({ status: "failed", error: { code: "store.failed" } });
    const left = await node.perform("repository.check", { node: "user1", repository: repository() });
    expect(left).toEqual({ snapshots: [] });
  });

  it("has its instance run again when the backup is cancelled, though drift is only reported", async () => {
    const { controller } = node.node;
    const input = node.createInput([database], { repository: repository(), stop: true });
    const id = controller.operation("backup.create", input, { deadlineSeconds: 300 });
    await dumping();
    expect(await node.isRunning()).toBe(false);
    controller.send({ type: "cancel", id });
    expect(await controller.outcome(id)).toEqual({ status: "cancelled" });
    expect(await node.isRunning()).toBe(true);
  });

  it("is backed up anew after the agent was killed, and the instance runs again", async () => {
    const { controller } = node.node;
    const input = node.createInput([database], { repository: repository(), stop: true });
    const id = controller.operation("backup.create", input, { deadlineSeconds: 300 });
    await dumping();
    await node.agent.kill("SIGKILL");
    await eventually("the controller to notice", () => !controller.isConnected);
    expect(await node.isRunning()).toBe(false);
    node.agent = node.node.startAgent();
    const outcome = await controller.outcome(id, 300_000);
    expect(outcome).toMatchObject({ status: "succeeded", output: { snapshots: [{ name: "db" }] } });
    expect(await node.isRunning()).toBe(true);
    const pruned = await node.perform("repository.prune", {
      node: "user1",
      repository: repository(),
      backups: [input.backup],
    });
    expect(pruned).toEqual({ snapshots: [] });
  });

  it("passes through the agent without staying in its memory, and adds next to nothing when it did not change", async () => {
    const before = await memoryOf(node.agent);
    const target = node.repository({ location: join(node.directory, "twice") });
    const [first] = (await node.create([database], { repository: target })).snapshots;
    const [second] = (await node.create([database], { repository: target })).snapshots;
    expect(first?.bytes).toBeGreaterThan(250 * mebibyte);
    expect(second?.addedBytes).toBeLessThan((first?.addedBytes ?? 0) / 10);
    expect((await memoryOf(node.agent)) - before).toBeLessThan(100 * mebibyte);
  });
});

/** The most that the process has had, in bytes. */
async function memoryOf({ child }: Running): Promise<number> {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${child.pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}
