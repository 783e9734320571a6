import { backupSchema, type Backup } from "@berth/shared/api/backups";
import { expect, test } from "vitest";
import { backupStatus } from "./backup-status.ts";

function backupOf(day: number, changes: Partial<Backup> = {}): Backup {
  const owner = changes.owner ?? "user1";
  return backupSchema.parse({
    id: `${changes.subject ?? owner}-202611${day}`,
    owner,
    subject: owner,
    run: day,
    createdAt: `2026-11-${day}T02:00:00.000Z`,
    state: "complete",
    reason: "schedule",
    parts: [
      {
        subject: "user1-n8n",
        node: "user1",
        state: "complete",
        snapshots: [
          { kind: "database", name: "database", snapshot: "a1", bytes: 700, addedBytes: 7, counts: {} },
          { kind: "volume", name: "data", snapshot: "a2", bytes: 300, addedBytes: 3, counts: { files: 2 } },
        ],
        stoppedMilliseconds: 0,
      },
    ],
    secrets: [],
    verifiedAt: null,
    provenAt: null,
    location: null,
    ...changes,
  });
}

function statusOf(backups: Backup[]) {
  return backupStatus({ owners: ["user1"], backups, late: [] })[0];
}

test("the newest complete one, with the size of all that it holds", () => {
  const proof = "2026-11-23T03:00:00.000Z";
  expect(statusOf([backupOf(24), backupOf(23, { provenAt: proof }), backupOf(22)])).toEqual({
    owner: "user1",
    newest: {
      id: "user1-20261124",
      createdAt: "2026-11-24T02:00:00.000Z",
      bytes: 1000,
      verifiedAt: null,
      provenAt: null,
    },
    failed: null,
    lateSince: null,
    provenAt: proof,
  });
});

test.each(["failed", "lost"] as const)("one that is %s is told until another is complete", (state) => {
  const gone = backupOf(24, { state });
  expect(statusOf([gone, backupOf(23)])).toMatchObject({
    newest: { id: "user1-20261123" },
    failed: { id: "user1-20261124", run: 24, createdAt: "2026-11-24T02:00:00.000Z", state },
  });
  expect(statusOf([backupOf(25, { state: "running" }), gone])).toMatchObject({ failed: { id: "user1-20261124" } });
  expect(statusOf([backupOf(25), gone])).toMatchObject({ failed: null });
});

test("a backup of one instance says nothing of its owner as a whole", () => {
  expect(statusOf([backupOf(25, { subject: "user1-n8n", provenAt: "2026-11-26T00:00:00.000Z" })])).toEqual({
    owner: "user1",
    newest: null,
    failed: null,
    lateSince: null,
    provenAt: null,
  });
});

test("owners in the fleet's order, each with its own backups and whether they are late", () => {
  const dueAt = "2026-11-25T02:00:00.000Z";
  const backups = [backupOf(24, { owner: "user2", subject: "user2" }), backupOf(23)];
  const found = backupStatus({ owners: ["user2", "user1", "user3"], backups, late: [{ owner: "user1", dueAt }] });
  expect(found.map(({ owner, newest, lateSince }) => [owner, newest?.id, lateSince])).toEqual([
    ["user2", "user2-20261124", null],
    ["user1", "user1-20261123", dueAt],
    ["user3", undefined, null],
  ]);
});
