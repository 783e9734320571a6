/** What backups hold comes back: into place, after the LXC was lost, and after the tenant was removed. */
import { type Backup, getBackup, listBackups } from "@berth/shared/api/backups";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureBackupTarget, stopBackupTarget } from "../../src/backup-target/service.ts";
import { ProxmoxClient } from "../proxmox-client.ts";
import { convergedExample, isPatient, type TestFleet } from "./fixture.ts";
import { allMarks, leaveMarks, readMarks } from "./marks.ts";

const instances = ["user3-openwebui", "user3-n8n", "user3-flowise"];

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await convergedExample();
});

afterAll(async () => {
  await ensureBackupTarget(fleet.lab);
});

describe("a backup of a tenant", () => {
  it("holds its databases, volumes, collections and buckets, and the keys of what is encrypted", async () => {
    await leaveMarks(fleet, "user3", "before");
    const guest = await fleet.guest("user3");
    const filling = "head -c 20000000 /dev/urandom > /app/backend/data/large";
    await guest.run(["docker", "exec", "user3-openwebui", "sh", "-c", filling]);
    const backup = await backUp("user3");
    expect(backup).toMatchObject({ owner: "user3", state: "complete", reason: "manual", provenAt: null });
    const parts = backup.parts.flatMap(({ subject, snapshots }) => snapshots.map(({ kind }) => `${subject} ${kind}`));
    expect(parts.toSorted()).toEqual([
      "user3 buckets",
      "user3-flowise collections",
      "user3-flowise database",
      "user3-flowise volume",
      "user3-n8n database",
      "user3-n8n volume",
      "user3-openwebui collections",
      "user3-openwebui volume",
    ]);
    expect(backup.secrets.map(({ secret }) => secret)).toContain("user3-n8n/encryptionKey");
    expect(stateOf(await status())).toEqual("healthy");
  });

  it("sends a tenth at most of what has not changed", async () => {
    const [first] = await backups("user3");
    const second = await backUp("user3");
    expect(added(second)).toBeLessThan(0.1 * size(first));
  });

  it("brings everything back that was changed since", async () => {
    await leaveMarks(fleet, "user3", "after");
    const { stdout } = await restored("user3", await newestWhole());
    expect(stdout).toContain("succeeded");
    expect(await readMarks(fleet, "user3")).toEqual(allMarks("before"));
    expect(stateOf(await status())).toEqual("healthy");
    const [present] = await backups("user3");
    expect(present).toMatchObject({ reason: "before-restore", state: "complete" });
    await restored("user3", present?.id ?? "");
    expect(await readMarks(fleet, "user3")).toEqual(allMarks("after"));
  });

  it("is verified by reading all of it", async () => {
    await fleet.succeed(["backup", "verify", "user3"]);
    const complete = (await backups("user3")).filter(({ state }) => state === "complete");
    expect(complete.filter(({ verifiedAt }) => verifiedAt === null)).toEqual([]);
  });

  it("is proven by a drill, which leaves nothing of itself and touches nothing", async () => {
    const guest = await fleet.guest("user3");
    const containers = () => guest.run(["docker", "ps", "--all", "--quiet", "--no-trunc"]);
    const before = await containers();
    const drilled = await fleet.berth(["backup", "drill", "user3"]);
    expect(drilled, drilled.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("succeeded") });
    expect((await containers()).split("\n").toSorted()).toEqual(before.split("\n").toSorted());
    const newest = (await backups("user3")).find(({ state, subject }) => state === "complete" && subject === "user3");
    expect(newest?.provenAt).not.toBeNull();
    expect(stateOf(await status())).toEqual("healthy");
  });

  it("fails in a sentence while the target is away, and nothing stays stopped", async () => {
    await stopBackupTarget(fleet.lab);
    const { exitCode, stderr } = await fleet.berth(["backup", "create", "user3-openwebui"]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 8, stderr: expect.stringContaining("10.0.4.20") });
    await fleet.waitForStatus("user3 healthy", 60_000, (found) => stateOf(found) === "healthy");
    await ensureBackupTarget(fleet.lab);
    expect(await backUp("user3-openwebui")).toMatchObject({ state: "complete" });
  });
});

/** That an LXC is made again, the tests of losing one show; that a new one gets back what it held, the next test. */
describe.runIf(isPatient)("an LXC that is lost with its volumes", () => {
  it("is made again, and gets back what the last backup holds", async () => {
    await leaveMarks(fleet, "user3", "kept");
    const { id } = await backUp("user3");
    const { vmid } = await fleet.guest("user3");
    const proxmox = ProxmoxClient.start(fleet.lab, "token");
    try {
      expect(await proxmox.perform("DELETE", `/nodes/pve/lxc/${vmid}`, { force: true, purge: true })).toBe("OK");
    } finally {
      await proxmox.stop();
    }
    await fleet.succeed(["apply", fleet.file, "--yes"]);
    expect((await readMarks(fleet, "user3")).file).toBeNull();
    await restored("user3", id);
    expect(await readMarks(fleet, "user3")).toEqual(allMarks("kept"));
    const backup = await fleet.json(getBackup.response, ["backup", "show", id]);
    expect(backup.provenAt).not.toBeNull();
    expect(stateOf(await status())).toEqual("healthy");
  });
});

describe("a tenant that is removed", () => {
  it("leaves a final backup, which brings it back when it is added again", async () => {
    await leaveMarks(fleet, "user3", "final");
    await fleet.succeed(["tenant", "remove", "user3", "--yes"], { deadlineMs: 1_200_000 });
    const [final] = await backups("user3");
    expect(final).toMatchObject({ subject: "user3", reason: "final", state: "complete" });
    expect((await fleet.status()).nodes.map(({ name }) => name)).not.toContain("user3");

    await fleet.succeed(["tenant", "add", "user3", "--node-address", "10.0.6.13"], { deadlineMs: 1_200_000 });
    await restored("user3", final?.id ?? "");
    expect(await readMarks(fleet, "user3")).toEqual(allMarks("final"));
    expect(stateOf(await status())).toEqual("healthy");
  });
});

async function backUp(of: string): Promise<Backup> {
  await fleet.succeed(["backup", "create", of]);
  const [newest] = await backups(of);
  if (newest === undefined) throw new Error(`There is no backup of ${of}`);
  return newest;
}

async function backups(of: string): Promise<Backup[]> {
  return (await fleet.json(listBackups.response, ["backup", "list", of])).backups;
}

async function newestWhole(): Promise<string> {
  const [newest] = (await backups("user3")).filter(({ subject, state }) => subject === "user3" && state === "complete");
  return newest?.id ?? "";
}

async function restored(of: string, backup: string) {
  const outcome = await fleet.berth(["restore", of, "--backup", backup, "--yes"]);
  expect(outcome, outcome.stderr).toMatchObject({ exitCode: 0 });
  return outcome;
}

function status() {
  return fleet.status();
}

function stateOf(found: Awaited<ReturnType<typeof status>>): string {
  const states = new Set(found.instances.filter(({ name }) => instances.includes(name)).map(({ state }) => state));
  return [...states].join(", ");
}

function size(backup: Backup | undefined): number {
  return (backup?.parts ?? []).flatMap(({ snapshots }) => snapshots).reduce((sum, { bytes }) => sum + bytes, 0);
}

function added(backup: Backup): number {
  return backup.parts.flatMap(({ snapshots }) => snapshots).reduce((sum, { addedBytes }) => sum + addedBytes, 0);
}
