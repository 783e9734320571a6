import {
  createBackup,
  getBackup,
  listBackups,
  pruneBackups,
  restoreBackup,
  verifyBackups,
  type Backup,
} from "@berth/shared/api/backups";
import { getStatus } from "@berth/shared/api/status";
import { drillBackups, listProofs, type Proof } from "@berth/shared/api/drills";
import { BerthError } from "@berth/shared/errors";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { backupLines } from "../render/backup.ts";
import { plainStyle } from "../render/style.ts";
import { startTestController } from "../testing/controller.ts";
import { operation, run, step } from "../testing/fixtures.ts";
import { createTestTerminal, runInTest, testTime, type TestTerminalOptions } from "../testing/terminal.ts";

const id = "user1-20261124-020000-3f2a";
const nightly: Backup = {
  id,
  owner: "user1",
  subject: "user1",
  run: 12,
  createdAt: "2026-11-24T02:00:00.000Z",
  state: "complete",
  reason: "schedule",
  location: null,
  parts: [
    {
      subject: "user1-openwebui",
      node: "user1",
      state: "complete",
      stoppedMilliseconds: 2500,
      snapshots: [
        { kind: "volume", name: "data", snapshot: "a1", bytes: 3 * 1024 ** 2, addedBytes: 2048, counts: { files: 12 } },
        {
          kind: "collections",
          name: "collections",
          snapshot: "a2",
          bytes: 0,
          addedBytes: 0,
          counts: { user1_files: 7 },
        },
      ],
    },
  ],
  secrets: [{ secret: "user1-openwebui/secretKey", copy: "backup-user1/user1-openwebui-secretKey", version: 1 }],
  verifiedAt: "2026-11-24T05:31:12.000Z",
  provenAt: null,
};
const proof: Proof = {
  backup: id,
  subject: "user1-openwebui",
  owner: "user1",
  at: "2026-11-24T05:31:12.000Z",
  run: 14,
  by: "drill",
  level: "service",
  version: "v0.11.2",
  parts: [{ kind: "volume", name: "data", counts: { files: 12 } }],
  seconds: 40,
  memoryBytes: 1,
};
const restoration = operation({
  id: "backup.restore/user1",
  kind: "backup.restore",
  change: "restore",
  target: "user1",
});

/** A controller that plans, and begins a run that has failed already when it is not a dry run. */
async function berth(words: string[], options: TestTerminalOptions & { typed?: string } = {}) {
  const asked: object[] = [];
  const note = async (body: { dryRun: boolean }) => {
    asked.push(body);
    const failed = run([step({ state: "failed", kind: "backup.restore" })], { state: "failed" });
    return { plan: { operations: [restoration], warnings: [] }, run: body.dryRun ? null : failed };
  };
  await using controller = await startTestController((app) => {
    serveEndpoint(app, listBackups, async ({ query }) => {
      asked.push(query);
      return { backups: [nightly], late: [{ owner: "user2", dueAt: "2026-11-24T02:31:12.000Z" }] };
    });
    serveEndpoint(app, getBackup, async ({ params }) => {
      if (params.id === id) return nightly;
      throw new BerthError("not-found", `There is no backup ${params.id}`);
    });
    serveEndpoint(app, listProofs, async () => ({ proofs: [proof] }));
    serveEndpoint(app, drillBackups, ({ body }) => note(body));
    serveEndpoint(app, createBackup, ({ body }) => note(body));
    serveEndpoint(app, verifyBackups, ({ body }) => note(body));
    serveEndpoint(app, pruneBackups, ({ body }) => note(body));
    serveEndpoint(app, restoreBackup, ({ body }) => note(body));
    serveEndpoint(app, getStatus, async () => ({ fleet: "valuechain", nodes: [], instances: [] }));
  });
  const terminal = createTestTerminal(options);
  if (options.typed !== undefined) terminal.stdin.write(`${options.typed}\n`);
  return { ...(await runInTest([...words, "--controller", controller.address], terminal)), asked };
}

test("backup list shows age, sizes, state, and whose are late", async () => {
  const { stdout, asked } = await berth(["backup", "list", "user1"]);
  expect(asked).toEqual([{ of: "user1" }]);
  expect(stdout).toMatch(/user1-20261124-020000-3f2a\s+4h 31m\s+3MiB\s+2KiB\s+complete\s+1h 00m\s+unproven\s+schedule/);
  expect(stdout).toContain("warning: the backup of user2 is late: it was due 4h 00m ago");
});

test("backup list fits 80 columns where a terminal has no more", async () => {
  const options = { style: plainStyle, now: testTime, columns: 80, fit: 80 };
  const backups = [nightly, { ...nightly, id: "shared-langfuse-20261124-023112-3f2a", verifiedAt: null }];
  for (const line of backupLines(backups, options)) expect(line.length).toBeLessThanOrEqual(80);
  expect(backupLines(backups, options)[0]).toMatch(/^BACKUP +AGE +SIZE +STATE +VERIFIED +PROVEN$/);
});

test("backup show has every part with its counts; an unknown one ends with 3", async () => {
  const { stdout } = await berth(["backup", "show", id]);
  for (const shown of ["12 files", "user1_files 7", "2.5s", "user1-openwebui/secretKey", "never restored"])
    expect(stdout).toContain(shown);
  expect(await berth(["backup", "show", "none"])).toMatchObject({ exitCode: 3 });
});

test("backup create names one or everything, never both, never nothing", async () => {
  expect((await berth(["backup", "create", "user1-n8n", "--plan"])).asked).toEqual([{ of: "user1-n8n", dryRun: true }]);
  expect((await berth(["backup", "create", "--all", "--plan"])).asked).toEqual([{ of: null, dryRun: true }]);
  for (const words of [[], ["user1", "--all"]]) {
    expect(await berth(["backup", "create", ...words])).toMatchObject({ exitCode: 2, asked: [] });
  }
});

test("backup drill names one, everything, or one of each kind", async () => {
  expect((await berth(["backup", "drill", "--plan"])).asked).toEqual([{ of: null, all: false, dryRun: true }]);
  expect((await berth(["backup", "drill", "user1-n8n", "--plan"])).asked).toEqual([
    { of: "user1-n8n", all: false, dryRun: true },
  ]);
  expect((await berth(["backup", "drill", "--all", "--plan"])).asked).toEqual([{ of: null, all: true, dryRun: true }]);
  expect(await berth(["backup", "drill", "user1", "--all"])).toMatchObject({ exitCode: 2, asked: [] });
});

test("backup show tells what was proven of it", async () => {
  const { stdout } = await berth(["backup", "show", id]);
  expect(stdout).toMatch(/user1-openwebui\s+1h 00m\s+drill\s+service v0\.11\.2\s+files 12/);
});

test("a run that failed is an exit code", async () => {
  expect(await berth(["backup", "create", "user1"])).toMatchObject({ exitCode: 8 });
});

test("backup verify and prune", async () => {
  expect((await berth(["backup", "verify", "--plan"])).asked).toEqual([{ owner: null, dryRun: true }]);
  expect((await berth(["backup", "verify", "user1", "--plan"])).asked).toEqual([{ owner: "user1", dryRun: true }]);
  expect((await berth(["backup", "prune", "--plan", "--json"])).stdout).toContain('"run":null');
});

test("restore says which backup, and whether what is there is backed up first", async () => {
  const plan = ["restore", "user1", "--plan"];
  expect((await berth(plan)).asked).toEqual([{ of: "user1", backupFirst: true, dryRun: true }]);
  expect((await berth([...plan, "--at", "2026-11-20T12:00+01:00", "--no-backup-first"])).asked).toEqual([
    { of: "user1", at: "2026-11-20T11:00:00.000Z", backupFirst: false, dryRun: true },
  ]);
  expect((await berth([...plan, "--backup", id])).asked).toMatchObject([{ backup: id }]);
  expect(await berth([...plan, "--at", "yesterday"])).toMatchObject({ exitCode: 2, asked: [] });
});

test("restore has the name typed out, and without a terminal needs --yes", async () => {
  const refused = await berth(["restore", "user1"]);
  expect(refused).toMatchObject({ exitCode: 2, asked: [{ dryRun: true }] });
  expect(refused.stderr).toContain("Give --yes");
  expect(await berth(["restore", "user1"], { tty: true, typed: "y" })).toMatchObject({
    exitCode: 10,
    asked: [{ dryRun: true }],
  });
  const confirmed = await berth(["restore", "user1"], { tty: true, typed: "user1" });
  expect(confirmed.asked).toMatchObject([{ dryRun: true }, { dryRun: false }]);
  expect(confirmed.stderr).toContain("What is there now is backed up first.");
  expect((await berth(["restore", "user1", "--yes"])).asked).toMatchObject([{ dryRun: false }]);
});

test("restore --all has the fleet's name typed out", async () => {
  const refused = await berth(["restore", "--all"], { tty: true, typed: "y" });
  expect(refused).toMatchObject({ exitCode: 10, asked: [{ of: null, dryRun: true }] });
  const confirmed = await berth(["restore", "--all"], { tty: true, typed: "valuechain" });
  expect(confirmed.asked).toMatchObject([{ dryRun: true }, { of: null, backupFirst: true, dryRun: false }]);
  expect((await berth(["restore", "--all", "--at", "2026-11-20T12:00Z", "--yes"])).asked).toEqual([
    { of: null, at: "2026-11-20T12:00:00.000Z", backupFirst: true, dryRun: false },
  ]);
});

test("restore --as asks nothing, since nothing is replaced", async () => {
  const { asked } = await berth(["restore", "user1", "--as", "user9", "--node-address", "10.0.6.19", "--backup", id]);
  const as = { name: "user9", address: "10.0.6.19" };
  expect(asked).toEqual([{ of: "user1", as, backup: id, backupFirst: true, dryRun: false }]);
});

test.each([
  [["user1", "--all"], "Name one, or give --all."],
  [[], "Name one, or give --all."],
  [["--all", "--backup", id], "Give --at instead"],
  [["--all", "--as", "user9"], "Name the tenant instead of --all."],
  [["user1", "--node-address", "10.0.6.19"], "Give --as with its name."],
  [["user1", "--as", "user9", "--node", "spare", "--node-address", "10.0.6.19"], "Give --node or --node-address."],
  [["user1", "--as", "User 9"], "A tenant cannot be named 'User 9'"],
  [["user1", "--as", "user9", "--node-address", "10.0.6"], "is no IPv4 address"],
  [["user1", "--as", "user9", "--no-backup-first"], "Leave --no-backup-first out."],
])("restore %j is refused before anybody is asked", async (words, sentence) => {
  const { exitCode, stderr, asked } = await berth(["restore", ...words]);
  expect({ exitCode, asked }).toEqual({ exitCode: 2, asked: [] });
  expect(stderr).toContain(sentence);
});
