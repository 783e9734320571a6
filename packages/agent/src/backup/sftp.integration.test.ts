/** Backups to a real sshd, by the real restic in a container and its SSH client. */
import { createHash } from "node:crypto";
import { chmod, readdir, readFile, rm, stat } from "node:fs/promises";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Repository } from "@berth/shared/operations/backup-source";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { BackupNode, sources } from "../testing/backup-node.ts";
import { eventually } from "../testing/processes.ts";
import { makeKey, startSftpServer, type SftpServer } from "../testing/sftp-server.ts";

const run = promisify(execFile);
let node: BackupNode;
let server: SftpServer;
const { volume, database } = sources;

beforeAll(async () => {
  node = await BackupNode.start();
  server = await startSftpServer(node.node.namespace);
  await node.sql("CREATE TABLE rows AS SELECT i FROM generate_series(1, 1000) i");
  await node.inInstance("echo kept > /data/note");
});
afterAll(async () => {
  await server.stop();
  await node.stop();
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") process.stderr.write(node.agent.output().slice(-4000));
  expect(await node.tools()).toBe("");
});

function repository(overrides: Partial<Repository> = {}): Repository {
  const { location, hostKey, privateKey } = server;
  // As the secret is kept: without the line break at its end.
  const ssh = { hostKey, privateKey: privateKey.trimEnd() };
  return node.repository({ location: `${location}/test/user1`, directory: null, ssh, ...overrides });
}

async function refused(changed: Repository) {
  const outcome = await node.outcome("backup.create", node.createInput([volume], { repository: changed, stop: true }));
  expect(JSON.stringify(outcome)).not.toContain(server.privateKey.split("\n")[1]);
  expect(await node.isRunning()).toBe(true);
  return outcome;
}

it("brings everything back exactly, and checks and prunes what is there", async () => {
  const { snapshots } = await node.create([volume, database], { repository: repository() });
  await node.inInstance("echo changed > /data/note");
  await node.sql("DELETE FROM rows");
  await node.perform("backup.restore", node.restoreInput([volume, database], snapshots, { repository: repository() }));
  expect(await node.inInstance("cat /data/note")).toBe("kept");
  expect(await node.sql("SELECT count(*) FROM rows")).toBe("1000");
  const ids = snapshots.map(({ snapshot }) => snapshot);
  const checked = await node.perform("repository.check", { node: "user1", repository: repository() });
  expect(checked).toMatchObject({ snapshots: expect.arrayContaining(ids) });
  expect((await stat(join(server.backups, "test/user1"))).uid).toBe(65_534);
});

it("gives the private key to nobody but the SSH client", async () => {
  await node.inInstance("busybox dd if=/dev/urandom of=/data/large bs=1M count=100");
  const pending = node.create([volume], { repository: repository({ location: `${server.location}/seen/user1` }) });
  const id = await eventually("restic to back up", async () => {
    const found = await node.docker("ps", "--quiet", "--filter=label=berth.tool=restic backup");
    return found === "" ? null : found;
  });
  const inspected = await node.docker("inspect", id);
  const processes = await node.docker("top", id, "-eo", "pid,args");
  const mode = await node.docker("exec", id, "stat", "-c", "%a %u", "/etc/berth/ssh/key");
  await pending;
  await node.inInstance("busybox rm /data/large");
  expect(processes).toContain("ssh -F /etc/berth/ssh/config backup-target -s sftp");
  for (const line of server.privateKey.split("\n").filter((text) => text.length > 20)) {
    expect(inspected).not.toContain(line);
    expect(processes).not.toContain(line);
  }
  expect(mode).toBe("600 0");
});

describe("refused with one clear sentence, and nothing touched", () => {
  it("a key that the server does not know", async () => {
    const file = join(node.directory, "other");
    await makeKey(file, "ed25519");
    const ssh = { hostKey: server.hostKey, privateKey: await readFile(file, "utf8") };
    const outcome = await refused(repository({ ssh }));
    expect(outcome).toMatchObject({
      error: { code: "forbidden", message: expect.stringContaining("does not accept Berth's key") },
    });
  });

  it.each(["ed25519", "ecdsa"] as const)("a server that has another host key, of type %s", async (type) => {
    const pinned = repository();
    await server.restart(type);
    const outcome = await refused(pinned);
    expect(outcome).toMatchObject({
      error: { code: "ssh.host-key", message: expect.stringContaining(fingerprint(pinned.ssh?.hostKey ?? "")) },
    });
    // With a key of another type, ssh does not say which one.
    if (type === "ed25519") expect(JSON.stringify(outcome)).toContain(fingerprint(server.hostKey));
    await node.perform("repository.check", { node: "user1", repository: repository() });
    await server.restart("ed25519");
  });

  it("a server that does not answer", async () => {
    await server.signal("SIGKILL");
    expect(await refused(repository())).toMatchObject({
      error: { code: "store.failed", message: expect.stringContaining("does not answer") },
    });
    await server.restart();
  });

  it("a directory that the user may not write to", async () => {
    await chmod(server.backups, 0o555);
    expect(await refused(repository({ location: `${server.location}/other/user1` }))).toMatchObject({
      error: { code: "forbidden", message: expect.stringContaining("may not write there") },
    });
    await chmod(server.backups, 0o755);
  });

  it("a full disk", async () => {
    await run("mount", ["-t", "tmpfs", "-o", "size=8m,uid=65534", "tmpfs", server.backups]);
    await node.inInstance("busybox dd if=/dev/urandom of=/data/large bs=1M count=30");
    try {
      expect(await refused(repository())).toMatchObject({ error: { code: "disk.full" } });
    } finally {
      await node.inInstance("busybox rm /data/large");
      await run("umount", ["--lazy", server.backups]);
    }
  });
});

describe("a server that is gone in the middle", () => {
  const gone = () => repository({ location: `${server.location}/gone/user1` });

  beforeAll(async () => {
    await node.inInstance("busybox dd if=/dev/urandom of=/data/large bs=1M count=300");
  });

  /** Sends the server the signal once it has got some of the backup; gives what becomes of the backup. */
  async function interrupted(signal: NodeJS.Signals) {
    const pending = node.outcome("backup.create", node.createInput([volume], { repository: gone(), stop: true }));
    await eventually("data to arrive", async () => {
      const names = await readdir(join(server.backups, "gone/user1/data"), { recursive: true }).catch(() => []);
      return names.some((name) => name.length > 60);
    });
    await server.signal(signal);
    return pending;
  }

  it("ends the backup when it was killed, and the next one succeeds", async () => {
    expect(await interrupted("SIGKILL")).toMatchObject({
      error: { code: "store.failed", message: expect.stringContaining("broke off") },
    });
    expect(await node.isRunning()).toBe(true);
    await server.restart();
    await node.create([volume], { repository: gone() });
  });

  // That minute is for whoever waits for it.
  it.skipIf(process.env["BERTH_TEST_PATIENT"] === undefined)(
    "ends the backup after a minute when it says nothing any more",
    async () => {
      await node.inInstance("busybox dd if=/dev/urandom of=/data/large bs=1M count=300");
      await rm(join(server.backups, "gone"), { recursive: true });
      expect(await interrupted("SIGSTOP")).toMatchObject({
        error: { code: "store.failed", message: expect.stringContaining("broke off") },
      });
      expect(await node.isRunning()).toBe(true);
    },
  );
});

function fingerprint(hostKey: string): string {
  const bytes = Buffer.from(hostKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(bytes).digest("base64").replace(/=+$/, "")}`;
}
