import type { Backup } from "@berth/shared/api/backups";
import type { ControllerStanding, OwnerBackups } from "@berth/shared/api/status";
import { expect, it } from "vitest";
import { controllerStandingOf, makeBackup, ownersOf } from "../../test/stand-in/backups.ts";
import { backupSize, formerOwners, keyTrouble, ownerRows, troubleText, unproven } from "./backup-rows.ts";
import { instanceOf } from "./fixtures.ts";

const day = 86_400_000;
const now = Date.parse("2026-11-24T06:00:00.000Z");
const instances = [instanceOf("user1-n8n", "user1")];

function backupOf(owner: string, daysAgo: number, changes: Partial<Backup> = {}): Backup {
  return makeBackup(owner, now - daysAgo * day, instances, changes);
}

const late = "2026-11-24T02:00:00.000Z";

it("puts what is amiss first, then the newest first", () => {
  const backups = [
    backupOf("user6", 0, { state: "running" }),
    backupOf("user4", 0.1, { state: "failed" }),
    backupOf("user3", 0.2),
    backupOf("user1", 0.3),
    backupOf("user2", 2),
    backupOf("user4", 2),
    backupOf("user6", 3),
  ];
  const owners = ownersOf(["user1", "user2", "user3", "user4", "user5", "user6"], backups, { user2: late });
  const rows = ownerRows(owners, backups);
  expect(rows.map(({ owner, standing, newest }) => [owner, standing, newest?.createdAt.slice(0, 10)])).toEqual([
    ["user2", "late", "2026-11-22"],
    ["user4", "failed", "2026-11-22"],
    ["user5", "none", undefined],
    ["user3", "complete", "2026-11-24"],
    ["user1", "complete", "2026-11-23"],
    ["user6", "running", "2026-11-21"],
  ]);
  expect(troubleText(owners)).toBe("1 late, 1 failed");
  expect(unproven(owners)).toEqual(["user1", "user2", "user3", "user4", "user6"]);
});

it("keeps owners apart that are not backed up any more", () => {
  const proof = "2026-11-10T00:00:00.000Z";
  const backups = [backupOf("user1", 1), backupOf("gone", 9, { provenAt: proof }), backupOf("gone", 12)];
  const found = formerOwners(ownersOf(["user1"], backups), backups);
  expect(found).toMatchObject([{ owner: "gone", standing: "complete", provenAt: proof }]);
  expect(found[0]?.newest).toBe(backups[1]);
});

it("adds up what a backup, or one part of it, holds", () => {
  const backup = backupOf("user1", 1);
  const whole = backupSize(backup);
  const parts = backup.parts.map(({ subject }) => backupSize(backup, subject)?.bytes ?? 0);
  expect(parts).toHaveLength(2);
  expect(whole?.bytes).toBe(parts.reduce((sum, bytes) => sum + bytes, 0));
  expect(backupSize({ ...backup, parts: [] })).toBeUndefined();
});

it("says nothing of trouble where there is none", () => {
  const owner: OwnerBackups = { owner: "user1", newest: null, failed: null, lateSince: null, provenAt: null };
  expect(troubleText([owner])).toBe("");
  expect(unproven([owner])).toEqual([]);
});

it("tells a recovery key that nobody has from one that does not open the newest backup", () => {
  const shownAt = "2026-11-20T00:00:00.000Z";
  const trouble = (recoveryKey: ControllerStanding["recoveryKey"]) =>
    keyTrouble(controllerStandingOf(now, { recoveryKey }));
  expect(trouble(null)).toBeUndefined();
  expect(trouble({ version: 1, shownAt })).toBeUndefined();
  expect(trouble({ version: 2, shownAt })).toBe("former");
  expect(trouble({ version: 2, shownAt: null })).toBe("not kept");
});
