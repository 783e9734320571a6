import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Backup } from "@berth/shared/api/backups";
import { BerthError } from "@berth/shared/errors";
import { createBackupSchedule, type BackupSchedule } from "./schedule.ts";
import { backup } from "./test-fixtures.ts";

const minute = 60_000;
const schedule = { schedule: "0 2 * * *", timeZone: "UTC", spreadMinutes: 0 };
let backups: Backup[];
let started: string[];
let failures: unknown[];
/** What begins a backup; the fleet is free when it does nothing. */
let begin: (owner: string) => void;
let open: BackupSchedule | undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-24T01:00:00Z") });
  [backups, started, failures] = [[], [], []];
  begin = record;
});
afterEach(async () => {
  await open?.close();
  vi.useRealTimers();
});

function record(owner: string): void {
  const createdAt = new Date().toISOString();
  started.push(`${owner} ${createdAt.slice(11, 16)}`);
  backups = [...backups, backup({ id: `${owner}-${createdAt}`, owner, subject: owner, createdAt })];
}

function startSchedule(owners: readonly string[] | null = ["user1", "user2"]): BackupSchedule {
  open = createBackupSchedule({
    read: async () => (owners === null ? null : { schedule, owners }),
    backups: async () => backups,
    start: async (owner) => begin(owner),
    onFailure: (error) => void failures.push(error),
  });
  return open;
}

test("each owner's backup is begun at its time, one after the other, night by night", async () => {
  const { look } = startSchedule();
  await vi.advanceTimersByTimeAsync(59 * minute);
  expect(started).toEqual([]);
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(started).toEqual(["user1 02:00"]);
  look(); // its run has ended
  await vi.advanceTimersByTimeAsync(minute);
  expect(started).toEqual(["user1 02:00", "user2 02:01"]);
  await vi.advanceTimersByTimeAsync(24 * 60 * minute);
  expect(started.length).toBe(4);
});

test("one that was missed while no controller ran is made up a minute after the start", async () => {
  backups = [backup({ createdAt: "2026-11-22T02:00:00.000Z" })];
  startSchedule(["user1"]);
  await vi.advanceTimersByTimeAsync(59_000);
  expect(started).toEqual([]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(started).toEqual(["user1 01:01"]);
});

test("another run is waited for: with pauses that grow, and at once when it has ended", async () => {
  let tries = 0;
  begin = () => {
    tries += 1;
    throw new BerthError("conflict", "Run 7 is still under way");
  };
  const { look } = startSchedule(["user1"]);
  await vi.advanceTimersByTimeAsync(4 * 60 * minute);
  expect(tries).toBeGreaterThan(10);
  expect(tries).toBeLessThan(25);
  expect(failures).toEqual([]);
  begin = record;
  look();
  await vi.advanceTimersByTimeAsync(2000);
  expect(started).toHaveLength(1);
});

test("what is wrong with one owner's does not hold up the other's", async () => {
  begin = (owner) => {
    if (owner === "user1") throw new BerthError("not-found", "No instance is named 'user1-n8n'");
    record(owner);
  };
  startSchedule();
  await vi.advanceTimersByTimeAsync(61 * minute);
  expect(started).toEqual(["user2 02:00"]);
  expect(failures).toMatchObject([{ code: "not-found" }]);
});

test("it tells whose backup is late, and asks nothing of a fleet without backups", async () => {
  begin = () => {
    throw new BerthError("conflict", "Run 7 is still under way");
  };
  const { late } = startSchedule(["user1"]);
  expect(await late()).toEqual([]);
  await vi.advanceTimersByTimeAsync(121 * minute);
  expect(await late()).toEqual([{ owner: "user1", dueAt: "2026-11-24T02:00:00.000Z" }]);
  await open?.close();
  expect(await startSchedule(null).late()).toEqual([]);
});

test("closed, it begins nothing", async () => {
  await startSchedule().close();
  await vi.advanceTimersByTimeAsync(48 * 60 * minute);
  expect(started).toEqual([]);
});
