import { describe, expect, test } from "vitest";
import type { Backup } from "@berth/shared/api/backups";
import { expendableBackups } from "./keep.ts";
import { backup } from "./test-fixtures.ts";

const rules = { keep: { daily: 2, weekly: 2, monthly: 2 }, timeZone: "Europe/Amsterdam" };
const now = Date.parse("2026-11-24T12:00:00Z");

/** One for each time, the id being the time. */
function made(times: readonly string[], changes: Partial<Backup> = {}): Backup[] {
  return times.map((id) => backup({ id, createdAt: new Date(id).toISOString(), ...changes }));
}

function gone(backups: readonly Backup[]): string[] {
  return expendableBackups(backups, rules, now)
    .map(({ id }) => id)
    .toSorted();
}

test("the last of so many days, weeks and months is kept", () => {
  const backups = made([
    "2026-11-24T02:00Z", // Tuesday: newest, of its day, week and month
    "2026-11-23T02:00Z", // the second day
    "2026-11-22T02:00Z", // Sunday: of the second week
    "2026-11-15T02:00Z",
    "2026-10-31T02:00Z", // of the second month
    "2026-10-30T02:00Z",
    "2026-09-30T02:00Z",
  ]);
  expect(gone(backups)).toEqual(["2026-09-30T02:00Z", "2026-10-30T02:00Z", "2026-11-15T02:00Z"]);
});

test("days are those of the fleet's time zone", () => {
  // 00:30 of the 24th in Amsterdam, and the same day's afternoon: the later one stands for the day.
  const backups = made(["2026-11-24T09:00Z", "2026-11-23T23:30Z", "2026-11-22T10:00Z"]);
  expect(gone(backups)).toEqual(["2026-11-23T23:30Z"]);
});

describe("beside the rules", () => {
  test("the newest one that has a suspended instance stays: later ones are made without it", () => {
    const partsOf = (...subjects: string[]) => ({
      parts: subjects.map((subject) => ({
        subject,
        node: "user1",
        state: "complete" as const,
        snapshots: [],
        stoppedMilliseconds: 0,
      })),
    });
    const backups = [
      ...made(["2026-11-24T02:00Z", "2026-11-23T02:00Z", "2026-11-22T02:00Z"], partsOf("user1")),
      ...made(["2026-07-02T02:00Z", "2026-07-01T02:00Z"], partsOf("user1", "user1-n8n")),
    ];
    const goneWith = (resting: string[]) =>
      expendableBackups(backups, { ...rules, keep: { daily: 2, weekly: 1, monthly: 1 } }, now, new Set(resting))
        .map(({ id }) => id)
        .toSorted();
    expect(goneWith([])).toEqual(["2026-07-01T02:00Z", "2026-07-02T02:00Z", "2026-11-22T02:00Z"]);
    expect(goneWith(["user1-n8n"])).toEqual(["2026-07-01T02:00Z", "2026-11-22T02:00Z"]);
  });

  test("the newest complete one stays, however old, and failed ones until one has followed", () => {
    expect(gone(made(["2020-01-01T02:00Z"]))).toEqual([]);
    const failed = made(["2026-11-20T02:00Z", "2026-11-24T02:00Z"], { state: "failed" });
    expect(gone([...failed, ...made(["2026-11-21T02:00Z"])])).toEqual(["2026-11-20T02:00Z"]);
    expect(gone(failed)).toEqual([]);
  });

  test("final ones stay; those by hand and before a restore for the days of the rules", () => {
    const old = ["2026-08-01T02:00Z"];
    const young = ["2026-11-23T01:00Z"];
    const usual = made(["2026-11-24T02:00Z", "2026-11-23T02:00Z", "2026-11-22T02:00Z", "2026-10-01T02:00Z"]);
    expect(gone([...usual, ...made(old, { reason: "final" })])).toEqual([]);
    expect(gone([...usual, ...made(old, { reason: "manual" })])).toEqual(old);
    expect(gone([...usual, ...made(young, { reason: "before-restore" })])).toEqual([]);
    expect(gone([...usual, ...made(young)])).toEqual(young);
  });

  test("each subject is counted by itself", () => {
    const whole = made(["2026-11-24T02:00Z", "2026-11-24T01:00Z"]);
    const instance = made(["2026-11-24T00:30Z"], { subject: "user1-n8n" });
    expect(gone([...whole, ...instance])).toEqual(["2026-11-24T01:00Z"]);
  });
});
