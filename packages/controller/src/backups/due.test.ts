import { expect, test } from "vitest";
import { dueBackups, lateBackups, nextDue, offsetOf, type DueQuestion } from "./due.ts";
import { backup } from "./test-fixtures.ts";

const schedule = { schedule: "0 2 * * *", timeZone: "Europe/Amsterdam", spreadMinutes: 0 };
/** Two o'clock in Amsterdam. */
const due = "2026-11-24T01:00:00.000Z";

function question(now: string, changes: Partial<DueQuestion> = {}): DueQuestion {
  return { owners: new Map([["user1", 0]]), backups: [], schedule, now: Date.parse(now), ...changes };
}

const madeAt = (createdAt: string, changes = {}) => backup({ createdAt, ...changes });

test("a backup is due at its time in the fleet's time zone, until there is one since", () => {
  const backups = [madeAt("2026-11-23T01:00:05.000Z")];
  expect(dueBackups(question("2026-11-24T00:59:59Z", { backups }))).toEqual([]);
  expect(dueBackups(question("2026-11-24T01:00:01Z", { backups }))).toEqual([{ owner: "user1", dueAt: due }]);
  for (const state of ["running", "complete"] as const)
    expect(dueBackups(question("2026-11-24T03:00:00Z", { backups: [madeAt(due, { state })] }))).toEqual([]);
});

test("one whose time was missed is due long after, and once", () => {
  const backups = [madeAt("2026-11-20T01:00:00.000Z")];
  expect(dueBackups(question("2026-11-24T20:00:00Z", { backups }))).toEqual([{ owner: "user1", dueAt: due }]);
});

test("an owner without any begins with the next time", () => {
  const owners = new Map([["user1", Date.parse("2026-11-24T10:00:00Z")]]);
  expect(dueBackups(question("2026-11-24T20:00:00Z", { owners }))).toEqual([]);
  expect(dueBackups(question("2026-11-25T01:00:01Z", { owners }))).toHaveLength(1);
});

test("a backup of one instance is not the owner's", () => {
  const backups = [madeAt("2026-11-24T02:00:00.000Z", { subject: "user1-n8n" })];
  expect(dueBackups(question("2026-11-24T03:00:00Z", { backups }))).toHaveLength(1);
});

test("a failed one is tried again after a quarter of an hour, then after twice as long", () => {
  const failed = [madeAt("2026-11-24T01:00:00.000Z", { state: "failed" })];
  expect(dueBackups(question("2026-11-24T01:14:00Z", { backups: failed }))).toEqual([]);
  expect(nextDue(question("2026-11-24T01:14:00Z", { backups: failed }))).toBe(Date.parse("2026-11-24T01:15:00Z"));
  expect(dueBackups(question("2026-11-24T01:15:00Z", { backups: failed }))).toHaveLength(1);
  const twice = [...failed, madeAt("2026-11-24T01:15:00.000Z", { state: "failed" })];
  expect(dueBackups(question("2026-11-24T01:44:00Z", { backups: twice }))).toEqual([]);
  expect(dueBackups(question("2026-11-24T01:45:00Z", { backups: twice }))).toHaveLength(1);
});

test("it is late an hour after its time", () => {
  const backups = [madeAt("2026-11-23T01:00:05.000Z")];
  expect(lateBackups(question("2026-11-24T01:59:00Z", { backups }))).toEqual([]);
  expect(lateBackups(question("2026-11-24T02:01:00Z", { backups }))).toEqual([{ owner: "user1", dueAt: due }]);
});

test("owners are spread, each always at the same time", () => {
  const spread = { ...schedule, spreadMinutes: 60 };
  const owners = Array.from({ length: 50 }, (_, index) => `user${index}`);
  const offsets = owners.map((owner) => offsetOf(owner, spread));
  expect(new Set(offsets).size).toBeGreaterThan(40);
  for (const offset of offsets) expect(offset).toBeLessThan(3_600_000);
  const [first = 0] = offsets;
  const question1 = question("2026-11-24T00:00:00Z", { owners: new Map([["user0", 0]]), schedule: spread });
  expect(nextDue(question1)).toBe(Date.parse(due) + first);
  expect(dueBackups({ ...question1, now: Date.parse(due) + first + 1000 })).toHaveLength(1);
  expect(nextDue(question("2026-11-24T00:00:00Z", { owners: new Map() }))).toBeNull();
});
