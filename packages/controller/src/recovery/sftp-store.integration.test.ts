/** Against a real sshd, as docs/backups.md sets one up. */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { Secret } from "@berth/shared/secret";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { generatePrivateKey } from "../provision/ssh/key.ts";
import { rebuildController } from "../rebuild.ts";
import type { SftpAccess } from "./sftp-connection.ts";
import { sftpStore } from "./sftp-store.ts";
import type { ArchiveStore } from "./store.ts";
import { fleetWith, openTestController } from "./testing/controller.ts";
import { startSftpServer, type TestSftpServer } from "./testing/sftp-server.ts";

const run = promisify(execFile);
const mebibyte = 1024 ** 2;
const below = ["valuechain", "controller"];
const signal = AbortSignal.timeout(300_000);

let server: TestSftpServer;
let access: SftpAccess;
let store: ArchiveStore;
let directory: string;

beforeAll(async () => {
  server = await startSftpServer();
  directory = join(server.backups, ...below);
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  const { port, user, hostKey, privateKey } = server;
  access = { host: "127.0.0.1", port, user, path: "/backups", hostKey, privateKey };
  store = sftpStore(access, below);
});

function counted(blocks: number, end: () => void = () => undefined): Readable {
  return Readable.from(
    (async function* () {
      for (let index = 0; index < blocks; index += 1) yield Buffer.alloc(mebibyte, index);
      end();
    })(),
  );
}

test("keeps whole files by name, for the user alone, and makes the directory", async () => {
  expect(await store.list()).toEqual([]);
  await store.put("one", counted(20), signal);
  await store.put("one", counted(21), signal);
  expect(await store.list()).toEqual(["one"]);
  const content = await buffer(await store.get("one", signal));
  expect(content.equals(await buffer(counted(21)))).toBe(true);
  expect((await stat(join(directory, "one"))).mode & 0o777).toBe(0o600);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  await store.remove("one");
  await store.remove("one");
  expect(await store.list()).toEqual([]);
  await expect(store.get("one", signal)).rejects.toMatchObject({ code: "not-found" });
});

test("has nothing of a file whose content broke off, or that nobody waits for any more", async () => {
  const broken = counted(3, () => {
    throw new Error("it broke");
  });
  await expect(store.put("broken", broken, signal)).rejects.toMatchObject({ code: "store.failed" });
  const aborting = new AbortController();
  const aborted = counted(3, () => aborting.abort(new Error("the controller stops")));
  await expect(store.put("aborted", aborted, aborting.signal)).rejects.toThrow("the controller stops");
  expect(await readdir(directory)).toEqual([]);
});

test("is read no further than it is wanted", async () => {
  await store.put("large", counted(20), signal);
  const content = await store.get("large", signal);
  for await (const chunk of content) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  expect(content.destroyed).toBe(true);
  await store.remove("large");
});

test("shows no draft, and removes those that a killed controller has left", async () => {
  await store.put("one", counted(1), signal);
  const drafts = ["old", "new"].map((name) =>
    join(directory, `${name}.part-${"0".repeat(8)}-1111-2222-3333-${"4".repeat(12)}`),
  );
  for (const draft of drafts) await writeFile(draft, "half of it");
  const [old = ""] = drafts;
  await utimes(old, new Date(0), new Date(0));
  await store.put("two", counted(1), signal);
  expect((await store.list()).toSorted()).toEqual(["one", "two"]);
  expect((await readdir(directory)).filter((name) => name.includes(".part-"))).toEqual([drafts[1]?.split("/").at(-1)]);
});

test("a controller is rebuilt from what it has put there", async () => {
  const root = await mkdtemp(join(tmpdir(), "berth-recovery-"));
  const directories = { state: join(root, "state"), configuration: join(root, "etc") };
  await mkdir(join(directories.configuration, "proxmox"), { recursive: true });
  await writeFile(join(directories.configuration, "proxmox/token"), "a token of Proxmox VE");
  const { privateKey, ...sftp } = access;
  const controller = await openTestController(directories, fleetWith({ sftp }));
  try {
    await expect(controller.recovery.create("manual")).rejects.toMatchObject({
      code: "request.invalid",
      hint: expect.stringContaining("berth secret set backup/sftpKey --from-file FILE"),
    });
    await controller.secrets.import("backup/sftpKey", new Secret(privateKey.reveal().trim()));
    const { id } = await controller.recovery.create("manual");
    const { place } = await controller.recovery.list();
    const { identity } = await controller.recovery.keys.reveal("anna");
    const rebuilt = await rebuildController({
      ...{ at: null, identity, force: false },
      source: { sftp: place ?? "", hostKey: sftp.hostKey, privateKey },
      stateDirectory: join(root, "new-state"),
      configurationDirectory: join(root, "new-etc"),
    });
    expect(rebuilt).toMatchObject({ backup: id, fleet: "valuechain" });
  } finally {
    await controller.close();
    await rm(root, { recursive: true });
  }
});

describe("one sentence, and what to do, for", () => {
  test("a key that the server does not know", async () => {
    const other = sftpStore({ ...access, privateKey: new Secret(await generatePrivateKey()) }, below);
    const hint = expect.stringContaining("berth secret set backup/sftpKey");
    await expect(other.list()).rejects.toMatchObject({
      code: "store.failed",
      message: expect.stringContaining("does not accept Berth's key for nobody"),
      hint,
    });
  });

  test.each(["ed25519", "ecdsa"] as const)("a server that has another host key, of type %s", async (type) => {
    const pinned = access.hostKey;
    await server.restart(type);
    const [is, shouldBe] = [await fingerprint(server.hostKey), await fingerprint(pinned)];
    const error = await sftpStore(access, below)
      .list()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "ssh.host-key",
      message: `The SFTP server 127.0.0.1 presents the SSH host key ${is}, but ${shouldBe} is the one it should have`,
      hint: expect.stringContaining("backups.target.sftp.hostKey"),
    });
    expect(await sftpStore({ ...access, hostKey: server.hostKey }, below).list()).toBeInstanceOf(Array);
    await server.restart("ed25519");
  });

  test("a server that does not answer", async () => {
    await server.kill();
    await expect(store.list()).rejects.toMatchObject({
      code: "store.failed",
      message: expect.stringContaining("does not answer"),
    });
    await server.restart();
  });

  test("a directory that the user may not write to", async () => {
    await chmod(server.backups, 0o555);
    const elsewhere = sftpStore(access, ["other", "controller"]);
    await expect(elsewhere.put("one", counted(1), signal)).rejects.toMatchObject({
      code: "store.failed",
      message: expect.stringContaining("nobody may not write to sftp://nobody@127.0.0.1"),
    });
    await chmod(server.backups, 0o755);
  });

  test("a full disk, which has nothing of it afterwards", async () => {
    await run("mount", ["-t", "tmpfs", "-o", "size=4m,uid=65534", "tmpfs", server.backups]);
    try {
      await expect(store.put("large", counted(8), signal)).rejects.toMatchObject({ code: "disk.full" });
      expect(await readdir(directory)).toEqual([]);
    } finally {
      await run("umount", ["--lazy", server.backups]);
    }
  });

  test("a server that is gone in the middle", async () => {
    await store.put("large", counted(40), signal);
    const names = await store.list();
    const gone = store.put("gone", killing(200), signal);
    await expect(gone).rejects.toMatchObject({ code: "store.failed" });
    await server.restart();
    expect(await store.list()).toEqual(names);
  });

  test.each([0, 300])("a server that is gone in the middle of reading, noticed %i ms later", async (milliseconds) => {
    await store.put("large", counted(40), signal);
    const reading = await store.get("large", signal);
    const rest = (async () => {
      for await (const chunk of reading) {
        if (chunk.length > 0) await server.kill();
        await pause(milliseconds);
      }
    })();
    await expect(rest).rejects.toMatchObject({ code: "store.failed" });
    await server.restart();
  });
});

/** Ends the server when some of it was read. */
function killing(blocks: number): Readable {
  return Readable.from(
    (async function* () {
      for (let index = 0; index < blocks; index += 1) {
        if (index === 20) await server.kill();
        yield Buffer.alloc(mebibyte, index);
      }
    })(),
  );
}

async function fingerprint(hostKey: string): Promise<string> {
  const file = join(server.backups, "../key.pub");
  await writeFile(file, `${hostKey}\n`);
  const { stdout } = await run("ssh-keygen", ["-l", "-f", file]);
  return stdout.split(" ")[1] ?? "";
}
