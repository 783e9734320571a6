/** Disks beside the root, as agents tell them each minute. */
import { effectiveRules } from "@berth/shared/fleet/alert-rules";
import { alertsSchema } from "@berth/shared/fleet/alerts";
import type { FileSystem } from "@berth/shared/protocol/disks";
import { expect, test } from "vitest";
import { evaluate } from "./evaluate.ts";
import { observe } from "./observe.ts";
import { createReadings } from "./readings.ts";
import type { AlertState } from "./state.ts";
import { GiB, healthy, means, node, nodeRow, now, points, status } from "./test-fixtures.ts";
import type { AlertView } from "./view.ts";

const minute = 60_000;
const root = means(nodeRow({ memoryLimitBytes: GiB, diskSizeBytes: 100 * GiB, diskUsedBytes: 50 * GiB }));

function mount(mountpoint: string, used: number | null, changes: Partial<FileSystem> = {}): FileSystem {
  return {
    ...{ mountpoint, device: "/dev/sdb", type: "ext4", readOnly: false, inodes: null },
    ...{ usedBytes: used === null ? null : used * GiB, sizeBytes: used === null ? null : 100 * GiB },
    ...changes,
  };
}

function findings(view: Partial<AlertView>, rules: object = {}) {
  const looked = observe(effectiveRules(alertsSchema.parse({ rules })), healthy({ means: root, ...view }));
  return looked.findings.filter(({ rule, condition }) => rule.name.startsWith("disk-") && condition !== "good");
}

const told = (fileSystems: FileSystem[] | null, view: Partial<AlertView> = {}, rules: object = {}): string[] =>
  findings({ fileSystems: () => fileSystems, ...view }, rules).map(
    ({ rule, subject, condition }) => `${rule.name} ${subject}: ${condition}`,
  );

test("each is full for itself, the root by samples alone, and not what nobody there can write to", () => {
  expect(told([mount("/", 99), mount("/mnt/models", 95), mount("/srv", 89), mount("/data", 50)])).toEqual([
    "disk-full user1/mnt/models: bad",
    "disk-full user1/srv: held",
  ]);
  expect(told([mount("/mnt/archive", 99, { readOnly: true })])).toEqual([]);
  expect(told([mount("/mnt/nas", null)])).toEqual([
    "disk-full user1/mnt/nas: unknown",
    // What was measured before it went silent may say something yet; that it has no size says more.
    "disk-filling user1/mnt/nas: unknown",
  ]);
  expect(told([mount("/mnt/models", 95)], { status: status([node({ state: "offline" })], []) })).toEqual([]);
  expect(told([mount("/mnt/models", 85)], {}, { "disk-full": { above: "80%" } })).toEqual([
    "disk-full user1/mnt/models: bad",
  ]);
});

test("says which disk it is, in words and as a label", () => {
  const [found] = findings({ fileSystems: () => [mount("/mnt/models", 95)] });
  expect(found).toMatchObject({
    labels: { node: "user1", tenant: "user1", mountpoint: "/mnt/models" },
    summary: "Disk /mnt/models of user1: 95.0 GiB, 95 % of 100 GiB",
    value: 95 * GiB,
  });
});

test("each fills by its own line", () => {
  const rising = points(61, (at) => (60 + at / 10) * GiB);
  const disk: AlertView["disk"] = (_, mountpoint) =>
    mountpoint === "/mnt/models" ? rising : points(61, () => 50 * GiB);
  const view = { disk, fileSystems: () => [mount("/mnt/models", 66), mount("/data", 70)] };
  expect(findings(view).map(({ summary }) => summary)).toEqual([
    "The disk /mnt/models of user1 is full in 5 hours if it goes on as in the last two hours",
  ]);
});

test("what nodes tell is kept a point a minute, as long as the disk is there", () => {
  const readings = createReadings();
  const tell = (at: number, ...fileSystems: FileSystem[]) =>
    readings.takeDisks({ node: "user1", readAt: now + at, fileSystems, volumes: [] });
  tell(0, mount("/", 1), mount("/data", 2), mount("/nas", null));
  tell(20_000, mount("/data", 3));
  // A moment early.
  tell(59_000, mount("/data", 4));
  const values = (mountpoint: string) => readings.disk("user1", mountpoint).map(({ value }) => value / GiB);
  expect([values("/data"), values("/"), values("/nas")]).toEqual([[2, 4], [], []]);
  tell(120_000, mount("/other", 5));
  expect([values("/data"), values("/other")]).toEqual([[], [5]]);
});

test("lasts while the node has not told its disks anew, and is over when the disk is gone", () => {
  const rules = effectiveRules(alertsSchema.parse({}));
  const lookAt = (views: readonly (FileSystem[] | null)[]): AlertState["phase"] | undefined => {
    let active: ReadonlyMap<string, AlertState> = new Map();
    for (const [index, fileSystems] of views.entries()) {
      const at = now + index * minute;
      const look = observe(rules, healthy({ now: at, means: root, fileSystems: () => fileSystems }));
      ({ active } = evaluate(active, look, { now: at, returnsOf: () => 0 }));
    }
    return active.get("disk-full/user1/mnt/models")?.phase;
  };
  const full = Array.from({ length: 20 }, () => [mount("/mnt/models", 95)]);
  const silent = Array.from({ length: 30 }, () => null);
  expect([lookAt(full), lookAt([...full, ...silent]), lookAt([...full, []])]).toEqual(["firing", "firing", undefined]);
});
