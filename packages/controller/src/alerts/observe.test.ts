import { effectiveRules } from "@berth/shared/fleet/alert-rules";
import { alertsSchema } from "@berth/shared/fleet/alerts";
import { describe, expect, test } from "vitest";
import { observe } from "./observe.ts";
import { createReadings } from "./readings.ts";
import {
  backups,
  containerRow,
  day,
  GiB,
  healthy,
  instance,
  means,
  node,
  nodeRow,
  now,
  points,
  status,
} from "./test-fixtures.ts";
import { secondsUntil } from "./trend.ts";
import type { AlertView } from "./view.ts";

/** `rule subject: condition` of what is not well. */
function found(view: Partial<AlertView>, alerts: object = {}): string[] {
  const { findings } = observe(effectiveRules(alertsSchema.parse(alerts)), healthy(view));
  return findings
    .filter(({ condition }) => condition !== "good")
    .map(({ rule, subject, condition }) => `${rule.name} ${subject}: ${condition}`);
}

test("a healthy fleet has nothing amiss", () => expect(found({})).toEqual([]));

test("a node that is away is one finding: what runs there is unknown", () => {
  const away = status([node({ state: "offline" })], [instance({ state: "unknown" })]);
  expect(found({ status: away })).toEqual([
    "node-gone user1: bad",
    "instance-unhealthy user1-n8n: unknown",
    "container-restarting user1/user1-n8n: unknown",
    "container-out-of-memory user1/user1-n8n: unknown",
    "drift user1-n8n: unknown",
  ]);
  expect(found({ status: status([node({ state: "enrolling" })], []) })).toEqual([]);
});

test("instances: not healthy, drifting; those that are suspended, or whose tenant is, are not expected", () => {
  const stopped = status([node()], [instance({ state: "stopped", drift: ["image"] })]);
  expect(found({ status: stopped })).toEqual(["instance-unhealthy user1-n8n: bad", "drift user1-n8n: bad"]);
  // A run that is at it knows.
  expect(found({ status: stopped, atWork: new Set(["user1-n8n"]) })).toEqual([
    "instance-unhealthy user1-n8n: unknown",
    "drift user1-n8n: unknown",
  ]);
  const tenants = { user1: { node: "user1", suspended: true, services: {} } };
  expect(found({ status: stopped, tenants })).toEqual([]);
  const one = { user1: { node: "user1", suspended: false, services: { n8n: { env: {}, suspended: true } } } };
  expect(found({ status: stopped, tenants: one })).toEqual([]);
});

test("memory and disk against their limits, with a level at which it is well again", () => {
  const limits = { memoryLimitBytes: 10 * GiB, diskSizeBytes: 100 * GiB };
  const row = (memory: number, disk: number) =>
    means(nodeRow({ ...limits, memoryBytes: memory * GiB, diskUsedBytes: disk * GiB }));
  expect(found({ means: row(9.5, 95) })).toEqual(["node-memory user1: bad", "disk-full user1: bad"]);
  expect(found({ means: row(8.7, 89) })).toEqual(["node-memory user1: held", "disk-full user1: held"]);
  expect(found({ means: row(8, 80) })).toEqual([]);
  // A file system that tells no size tells nothing.
  expect(found({ means: means(nodeRow({ memoryLimitBytes: GiB })) })).toEqual([
    "disk-full user1: unknown",
    "disk-filling user1: unknown",
  ]);
});

test("own rules over columns, for a tenant or a service", () => {
  const row = means(nodeRow({ memoryLimitBytes: GiB, diskSizeBytes: GiB }), {
    "user1-n8n": containerRow({ cpuCores: 1.8, memoryLimitBytes: GiB, processes: 40 }),
  });
  const rules = {
    busy: { container: "cpuCores", above: 1.5 },
    idle: { container: "processes", below: 50, services: ["n8n"] },
    other: { container: "cpuCores", above: 1, services: ["flowise"] },
    foreign: { container: "cpuCores", above: 1, tenants: ["user2"] },
    half: { node: "cpuCores", above: "50%" },
  };
  expect(found({ means: row }, { rules })).toEqual([
    "busy user1/user1-n8n: bad",
    "idle user1/user1-n8n: bad",
    // How many cores the node has, nobody knows.
    "half user1: unknown",
  ]);
});

test("backups: late, failed, long unproven, and never", () => {
  const at = (days: number) => new Date(now - days * day).toISOString();
  expect(found({ backups: backups({ provenAt: at(3) }) })).toEqual([]);
  expect(found({ backups: backups({ provenAt: at(3), lateSince: at(1) }) })).toEqual(["backup-late user1: bad"]);
  const failed = { id: "b", run: 4, createdAt: at(1), state: "failed" as const };
  expect(found({ backups: backups({ provenAt: at(61), failed }) })).toEqual([
    "backup-failed user1: bad",
    "backup-unproven user1: bad",
  ]);
  const view = healthy({ tenants: {}, status: status([], []), backups: backups({ provenAt: null }) });
  const never = observe(effectiveRules({ rules: {} }), view).findings.find(
    ({ rule, condition }) => rule.name === "backup-unproven" && condition === "bad",
  );
  // It has as long as those that were proven before.
  expect(never?.for).toBe(60 * 86_400);
});

test("certificates near their end, and receivers that nothing reaches", () => {
  const certificates = [
    { certificate: "server", node: null, notAfter: now + 13 * day },
    { certificate: "agent", node: "user1", notAfter: now + 15 * day },
  ] as const;
  expect(found({ certificates })).toEqual(["certificate-ends server: bad"]);
  expect(found({ receivers: [{ receiver: "ops", error: "410 Gone" }] })).toEqual(["undelivered ops: bad"]);
});

test("containers that restart again and again", () => {
  const restarts = (count: number, isWhole: boolean) => found({ restarts: () => ({ count, isWhole }) });
  expect(restarts(4, false)).toEqual(["container-restarting user1/user1-n8n: bad"]);
  expect(restarts(3, true)).toEqual([]);
  expect(restarts(3, false)).toEqual(["container-restarting user1/user1-n8n: unknown"]);
  expect(found({ outOfMemory: () => true })).toEqual(["container-out-of-memory user1/user1-n8n: bad"]);
});

describe("a disk that fills", () => {
  test("is told by the line through what was measured, and not after one download", () => {
    expect(
      secondsUntil(
        1000,
        points(61, (minute) => 600 + minute),
      ),
    ).toBeCloseTo(340 * 60, 3);
    expect(
      secondsUntil(
        1000,
        points(61, (minute) => 600 + minute + (minute % 2) * 3),
      ),
    ).toBeGreaterThan(330 * 60);
    expect(
      secondsUntil(
        1000,
        points(120, (minute) => (minute < 60 ? 500 : 700)),
      ),
    ).toBeNull();
    expect(
      secondsUntil(
        1000,
        points(61, () => 600),
      ),
    ).toBeNull();
    expect(
      secondsUntil(
        1000,
        points(61, (minute) => 600 - minute),
      ),
    ).toBeNull();
    expect(
      secondsUntil(
        1000,
        points(20, (minute) => 600 + minute),
      ),
    ).toBeNull();
  });

  test("is told when it is full within a day, and half full already", () => {
    const at = (used: number) => means(nodeRow({ memoryLimitBytes: 1, diskSizeBytes: 1000, diskUsedBytes: used }));
    const disk = () => points(61, (minute) => 600 + minute);
    expect(found({ means: at(660), disk })).toEqual(["disk-filling user1: bad"]);
    expect(found({ means: at(400), disk: () => points(61, (minute) => 340 + minute) })).toEqual([]);
  });
});

describe("what is kept of samples", () => {
  const live = (at: number, used: number, memory: number) => ({
    node: "user1",
    containers: [{ name: "user1-n8n", instance: "user1-n8n" }],
    frames: [
      {
        at,
        node: nodeRow({ diskSizeBytes: 1000, diskUsedBytes: used }),
        containers: [containerRow({ memoryBytes: memory })],
      },
    ],
  });

  test("means since the last look, until they are old; a point of the disk a minute", () => {
    const readings = createReadings();
    readings.take(live(now, 500, 10));
    readings.take(live(now + 1000, 600, 30));
    const mean = readings.means(now + 2000).get("user1");
    expect(mean?.containers.get("user1-n8n")?.row[1]).toBe(20);
    expect(readings.means(now + 10_000).has("user1")).toBe(true);
    expect(readings.means(now + 20_000).has("user1")).toBe(false);
    readings.take(live(now + 61_000, 700, 5));
    expect(readings.disk("user1", "/").map(({ value }) => value)).toEqual([500, 700]);
    expect(
      readings
        .means(now + 62_000)
        .get("user1")
        ?.containers.get("user1-n8n")?.row[1],
    ).toBe(5);
    readings.forget("user1");
    expect([readings.disk("user1", "/"), readings.means(now + 62_000).size]).toEqual([[], 0]);
  });

  test("containers that ran out of memory a while ago", () => {
    const readings = createReadings();
    const ask = (at: number) => readings.outOfMemory("user1", "user1-n8n", { seconds: 900, now: at });
    readings.note({ instances: [instance()] }, 0);
    expect(ask(60_000)).toBeNull();
    const event = { kind: "outOfMemory" as const, node: "user1", instance: "user1-n8n", message: "" };
    readings.takeEvent({ ...event, at: 60_000, data: { container: "user1-n8n" } });
    expect([ask(61_000), ask(950_000), ask(970_000)]).toEqual([true, true, false]);
  });

  test("restarts within a while, over a container that was made anew", () => {
    const readings = createReadings();
    const [query, minute] = [{ seconds: 900, now: 0 }, 60_000];
    const see = (at: number, restarts: number) =>
      readings.note(
        { instances: [instance({ containers: instance().containers.map((one) => ({ ...one, restarts })) })] },
        at,
      );
    see(0, 7);
    expect(readings.restarts("user1", "user1-n8n", query)).toEqual({ count: 0, isWhole: false });
    see(minute, 9);
    see(2 * minute, 1);
    expect(readings.restarts("user1", "user1-n8n", { ...query, now: 2 * minute })).toEqual({
      count: 3,
      isWhole: false,
    });
    see(20 * minute, 1);
    expect(readings.restarts("user1", "user1-n8n", { ...query, now: 20 * minute })).toEqual({
      count: 0,
      isWhole: true,
    });
    expect(readings.restarts("user1", "other", query)).toBeNull();
  });
});
