import type { ControllerBackup } from "@berth/shared/api/recovery";
import { expect, test } from "vitest";
import { controllerStanding } from "./controller-standing.ts";

function backupOf(day: number, changes: Partial<ControllerBackup> = {}): ControllerBackup {
  const createdAt = `2026-11-${day}T03:00:00.000Z`;
  return {
    ...{ id: `controller-202611${day}`, createdAt, endedAt: createdAt, state: "complete", reason: "schedule" },
    ...{ keyVersion: 1, bytes: 4096, error: null, ...changes },
  };
}

const key = { version: 1, recipient: "age1x", createdAt: "2026-11-20T00:00:00.000Z", shownAt: null };
const standingOf = (...backups: ControllerBackup[]) => controllerStanding({ backups, key, late: [] });

test("the newest complete one, and whether somebody has the key", () => {
  expect(standingOf(backupOf(25, { state: "running" }), backupOf(24), backupOf(23))).toEqual({
    newest: { id: "controller-20261124", createdAt: "2026-11-24T03:00:00.000Z", bytes: 4096, keyVersion: 1 },
    failed: null,
    lateSince: null,
    recoveryKey: { version: 1, shownAt: null },
  });
});

test("a controller that was never backed up", () => {
  expect(controllerStanding({ backups: [], key: null, late: [] })).toEqual({
    ...{ newest: null, failed: null, lateSince: null, recoveryKey: null },
  });
});

test("one that failed is told until another is complete", () => {
  const failed = backupOf(24, { state: "failed", bytes: null, error: "No space left" });
  const told = { id: "controller-20261124", createdAt: "2026-11-24T03:00:00.000Z", error: "No space left" };
  expect(standingOf(failed, backupOf(23))).toMatchObject({ newest: { id: "controller-20261123" }, failed: told });
  expect(standingOf(backupOf(25, { state: "running" }), failed)).toMatchObject({ newest: null, failed: told });
  expect(standingOf(backupOf(25), failed)).toMatchObject({ failed: null });
});

test("that another owner's is late says nothing of the controller's", () => {
  const dueAt = "2026-11-25T03:00:00.000Z";
  const lateOf = (owner: string) => controllerStanding({ backups: [], key, late: [{ owner, dueAt }] }).lateSince;
  expect([lateOf("controller"), lateOf("user1")]).toEqual([dueAt, null]);
});
