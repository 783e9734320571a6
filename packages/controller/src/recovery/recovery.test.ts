/** A controller's state, backed up, lost and rebuilt: with the rooms that a controller is made of. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { Secret } from "@berth/shared/secret";
import { generateX25519Identity } from "age-encryption";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { listControllerBackups, listRebuilds } from "../inventory/recovery.ts";
import { createRun, reopenRun } from "../runs/store.ts";
import { listRuns } from "../inventory/runs.ts";
import { chooseArchive } from "./choose-archive.ts";
import { directoryStore } from "./directory-store.ts";
import { rebuild, type RebuildOptions } from "./rebuild.ts";
import { fleetWith, openTestController, type TestController, type TestDirectories } from "./testing/controller.ts";

/** The real target, on a disk that may lose what it took between a write and the next read. */
const disk = vi.hoisted(() => ({ losesTheEnd: false }));
vi.mock(import("./open-store.ts"), async (importOriginal) => {
  const { openStore } = await importOriginal();
  return {
    openStore: async (...parameters) => {
      const store = await openStore(...parameters);
      const get: typeof store.get = async (name, signal) => {
        if (disk.losesTheEnd) await truncate(join(place(), name), 500);
        return store.get(name, signal);
      };
      return { ...store, get };
    },
  };
});

let root: string;
let directories: TestDirectories;
let target: string;
let controller: TestController;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "berth-recovery-"));
  target = join(root, "nas");
  directories = { state: join(root, "state"), configuration: join(root, "etc") };
  await mkdir(join(directories.configuration, "proxmox"), { recursive: true });
  await mkdir(target);
  await writeFile(join(directories.configuration, "proxmox/token"), "a token of Proxmox VE");
  controller = await openTestController(directories, fleetWith({ directory: target }));
});
afterEach(async () => {
  disk.losesTheEnd = false;
  await controller.close();
  await rm(root, { recursive: true });
});

const place = () => join(target, "valuechain/controller");

async function identity(): Promise<Secret> {
  return (await controller.recovery.keys.reveal("anna")).identity;
}

async function newestArchive(): Promise<Readable> {
  const store = directoryStore(place(), []);
  return store.get(chooseArchive(await store.list(), null, store.place, Date.now()), AbortSignal.timeout(10_000));
}

async function options(changes: Partial<RebuildOptions> = {}): Promise<RebuildOptions> {
  return {
    sealed: changes.sealed ?? (await newestArchive()),
    identity: await identity(),
    stateDirectory: join(root, "new-state"),
    configurationDirectory: join(root, "new-etc"),
    force: false,
    ...changes,
  };
}

async function mode(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

describe("a lost controller", () => {
  test("is the same again: authority, secrets, inventory, configuration", async () => {
    await controller.secrets.put("user1-n8n/encryptionKey", new Secret("what n8n encrypts with"));
    const backup = await controller.recovery.create("manual");
    expect(backup).toMatchObject({ state: "complete", keyVersion: 1, error: null });
    const given = await options();
    await controller.close();
    await rm(directories.state, { recursive: true });

    const state = join(root, "new-state");
    const rebuilt = await rebuild(given);
    expect(rebuilt).toMatchObject({ backup: backup.id, fleet: "valuechain", interruptedRun: null });
    expect(rebuilt.configuration).toEqual([{ path: join(root, "new-etc/proxmox/token"), state: "written" }]);
    expect(await readFile(join(root, "new-etc/proxmox/token"), "utf8")).toBe("a token of Proxmox VE");
    for (const name of ["inventory.sqlite", "secret.key", "authority/authority.pem", "ssh/ssh_ed25519"])
      expect(await mode(join(state, name)), name).toBe(0o600);
    for (const name of [".", "authority", "ssh"]) expect(await mode(join(state, name)), name).toBe(0o700);
    expect((await readdir(state)).toSorted()).toEqual(["authority", "inventory.sqlite", "secret.key", "ssh"]);

    const former = controller;
    controller = await openTestController({ ...directories, state }, fleetWith({ directory: target }));
    expect(controller.authority.caFingerprint).toBe(former.authority.caFingerprint);
    expect(controller.sshKey).toBe(former.sshKey);
    expect(controller.secrets.reveal("user1-n8n/encryptionKey").reveal()).toBe("what n8n encrypts with");
    const [found] = await listControllerBackups(controller.inventory.database);
    expect(found).toMatchObject({ id: backup.id, state: "complete" });
    expect(await listRebuilds(controller.inventory.database)).toMatchObject([{ backup: backup.id }]);
  });

  test("does not carry on with a run that was under way, nor lets anybody do it", async () => {
    const { inventory } = controller;
    const plan = { operations: [imageOperation], warnings: [] };
    const { id } = await createRun(inventory, { plan, kind: "apply", account: "anna" });
    await controller.recovery.create("manual");
    const rebuilt = await rebuild(await options());
    expect(rebuilt.interruptedRun).toBe(id);
    await controller.close();
    controller = await openTestController(
      { ...directories, state: join(root, "new-state") },
      fleetWith({ directory: target }),
    );
    const runs = await listRuns(controller.inventory.database, 10);
    expect(runs.map(({ kind, state }) => [kind, state])).toEqual([
      ["controller.restore", "succeeded"],
      ["apply", "cancelled"],
    ]);
    await expect(reopenRun(controller.inventory, id)).rejects.toMatchObject({ code: "conflict" });
  });

  test("keeps the files of its new machine that differ", async () => {
    await mkdir(join(root, "new-etc/proxmox"), { recursive: true });
    await writeFile(join(root, "new-etc/proxmox/token"), "another token");
    await controller.recovery.create("manual");
    const { configuration } = await rebuild(await options());
    expect(configuration.map(({ state }) => state)).toEqual(["different"]);
    expect(await readFile(join(root, "new-etc/proxmox/token"), "utf8")).toBe("another token");
  });
});

describe("nothing is written", () => {
  async function refused(changes: Partial<RebuildOptions>, code: string): Promise<void> {
    const given = await options(changes);
    const before = await readdir(given.stateDirectory).catch(() => []);
    await expect(rebuild(given)).rejects.toMatchObject({ code });
    expect(await readdir(given.stateDirectory)).toEqual(before);
    expect(await readdir(join(root, "new-etc")).catch(() => [])).toEqual([]);
  }

  beforeEach(async () => {
    await controller.recovery.create("manual");
  });

  test("with the wrong key", async () =>
    refused({ identity: new Secret(await generateX25519Identity()) }, "secrets.locked"));

  test("into a state that is there", () => refused({ stateDirectory: directories.state }, "conflict"));

  test("of a file that was cut off, altered, or is another", async () => {
    const bytes = await buffer((await options()).sealed);
    for (const length of [0, 1000, bytes.length - 1])
      await refused({ sealed: Readable.from([bytes.subarray(0, length)]) }, "backup.damaged");
    const altered = Buffer.from(bytes);
    altered[2000] = altered.readUInt8(2000) ^ 1;
    await refused({ sealed: Readable.from([altered]) }, "backup.damaged");
    await refused({ sealed: Readable.from(["something else"]) }, "backup.damaged");
  });

  test("while the former controller answers", async () => {
    await using answering = await controller.listen();
    await controller.recovery.create("manual");
    await refused({}, "conflict");
    expect(answering.port).toBe(controller.port);
    await expect(rebuild(await options({ force: true }))).resolves.toMatchObject({ fleet: "valuechain" });
  });
});

describe("a backup", () => {
  test("leaves nothing of itself beside the state, and is private", async () => {
    const before = await readdir(directories.state);
    await controller.recovery.create("manual");
    expect((await readdir(directories.state)).toSorted()).toEqual(before.toSorted());
    const [name] = await readdir(place());
    expect(await mode(join(place(), name ?? ""))).toBe(0o600);
  });

  test("shows nothing of what it holds", async () => {
    await controller.secrets.put("user1-n8n/encryptionKey", new Secret("what n8n encrypts with"));
    const bytes = await buffer((await controller.recovery.archive("anna")).content);
    const key = (await identity()).reveal();
    for (const secret of ["what n8n encrypts with", "PRIVATE KEY", "valuechain", key, "SQLite"])
      expect(bytes.includes(secret)).toBe(false);
  });

  test("of two at once, both are made, one after the other", async () => {
    const made = await Promise.all([controller.recovery.create("manual"), controller.recovery.create("manual")]);
    expect(new Set(made.map(({ id }) => id)).size).toBe(2);
    expect(await readdir(place())).toHaveLength(2);
  });

  test("is made while secrets and their key change, and opens", async () => {
    const changing = (async () => {
      for (let index = 0; index < 20; index += 1) {
        await controller.secrets.ensure(`user${index}-n8n/encryptionKey`);
        if (index % 5 === 0) await controller.secrets.rotateKey();
      }
    })();
    for (let index = 0; index < 3; index += 1)
      expect(await controller.recovery.create("manual")).toMatchObject({ state: "complete" });
    await changing;
  });

  test("that fails is recorded, and told", async () => {
    await rm(target, { recursive: true });
    await expect(controller.recovery.create("manual")).rejects.toMatchObject({ code: "store.failed" });
    const { backups, warnings } = await controller.recovery.list();
    expect(backups).toMatchObject([{ state: "failed", error: expect.stringContaining("is not there") }]);
    expect(warnings.join("\n")).toContain("the last backup of the controller failed");
    expect(await readdir(root)).not.toContain("nas");
  });

  test("is no backup when the target gives back something else", async () => {
    disk.losesTheEnd = true;
    await expect(controller.recovery.create("manual")).rejects.toMatchObject({ code: "backup.damaged" });
    expect((await controller.recovery.list()).backups).toMatchObject([{ state: "failed" }]);
  });

  test("that a killed controller has begun is a failed one", async () => {
    const backup = await controller.recovery.create("manual");
    await controller.markRunning(backup);
    await mkdir(join(directories.state, "recovery-left"));
    await controller.close();
    controller = await openTestController(directories, fleetWith({ directory: target }));
    expect((await controller.recovery.list()).backups).toMatchObject([{ state: "failed" }]);
    expect(await readdir(directories.state)).not.toContain("recovery-left");
  });
});

describe("the recovery key", () => {
  test("is warned of until somebody has it, and again when there is another", async () => {
    await controller.recovery.create("manual");
    const warnings = async () => (await controller.recovery.list()).warnings;
    expect(await warnings()).toEqual([expect.stringContaining("nobody has the key")]);
    const first = await controller.recovery.keys.reveal("anna");
    expect(await warnings()).toEqual([]);
    const second = await controller.recovery.keys.rotate("anna");
    expect(second.version).toBe(2);
    expect(second.identity.reveal()).not.toBe(first.identity.reveal());
    expect(await warnings()).toEqual([expect.stringContaining("version 1")]);
    await expect(rebuild(await options())).rejects.toMatchObject({ code: "secrets.locked" });
    await controller.recovery.create("manual");
    expect(await warnings()).toEqual([]);
    await expect(rebuild(await options())).resolves.toMatchObject({ fleet: "valuechain" });
    const again = await controller.recovery.keys.reveal("anna", 1);
    expect(again.identity.reveal()).toBe(first.identity.reveal());
  });
});

test("what the controller before has left at the target is listed, and kept by the same rules", async () => {
  await mkdir(place(), { recursive: true });
  const days = Array.from({ length: 12 }, (_, index) => String(index + 1).padStart(2, "0"));
  for (const day of days) await writeFile(join(place(), `controller-202501${day}-020000-00aa.tar.gz.age`), "old");
  await writeFile(join(place(), "a file of somebody's"), "mine");
  await controller.recovery.create("schedule");
  const names = await readdir(place());
  expect(names).toContain("a file of somebody's");
  expect(names.filter((name) => name.startsWith("controller-2025"))).toHaveLength(7);
  expect((await controller.recovery.list()).backups).toHaveLength(8);
});

test("a rebuild that was cut off is begun anew, and no controller starts on it", async () => {
  const { refuseUnfinishedRebuild } = await import("./state-directory.ts");
  await controller.recovery.create("manual");
  const stateDirectory = join(root, "new-state");
  await mkdir(join(stateDirectory, "rebuild-cut", "state"), { recursive: true });
  await mkdir(join(stateDirectory, "authority"));
  await expect(refuseUnfinishedRebuild(stateDirectory)).rejects.toMatchObject({ code: "conflict" });
  await rebuild(await options());
  await refuseUnfinishedRebuild(stateDirectory);
  await chmod(stateDirectory, 0o700);
  expect(await readdir(stateDirectory)).not.toContain("rebuild-cut");
});

const imageOperation = {
  id: "image.ensure/user1",
  kind: "image.ensure",
  change: "create",
  node: "user1",
  target: "n8n",
  reason: "it is new",
  after: [],
  input: { node: "user1", image: "n8n:1", registryCa: null },
} satisfies PlannedOperation;
