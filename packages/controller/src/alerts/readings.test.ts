/** What is remembered when the controller's clock is set back, and the times of samples with it. */
import { expect, test } from "vitest";
import { createReadings } from "./readings.ts";
import { GiB, instance, nodeRow, now } from "./test-fixtures.ts";

const minute = 60_000;
const hour = 60 * minute;
const container = instance().containers[0]!;

function room() {
  const readings = createReadings();
  const used = (at: number, value: number): void => {
    const node = nodeRow({ diskSizeBytes: 100 * GiB, diskUsedBytes: value });
    readings.take({ node: "user1", containers: [], frames: [{ at, node, containers: [] }] });
  };
  const values = (mountpoint: string) => readings.disk("user1", mountpoint).map(({ value }) => value);
  return { readings, used, values };
}

test("a disk's points go on from the new time, without those that lie ahead of it", () => {
  const { readings, used, values } = room();
  const about = { mountpoint: "/data", device: "/dev/sdb", type: "ext4", readOnly: false, inodes: null };
  const tell = (at: number, value: number): void => {
    used(at, value);
    const fileSystems = [{ ...about, usedBytes: value, sizeBytes: 100 * GiB }];
    readings.takeDisks({ node: "user1", readAt: at, fileSystems, volumes: [] });
  };
  for (const [at, value] of [
    [0, 1],
    [hour, 2],
    [hour + minute, 3],
  ] as const)
    tell(now + at, value);
  for (const [at, value] of [
    [minute, 4],
    [2 * minute, 5],
  ] as const)
    tell(now + at, value);
  expect([values("/"), values("/data")]).toEqual([
    [1, 4, 5],
    [1, 4, 5],
  ]);
});

test("a node is silent a moment after its last sample, although that lies ahead", () => {
  const { readings, used } = room();
  used(now + hour, 1);
  expect([...readings.means(now).keys()]).toEqual(["user1"]);
  expect([...readings.means(now + minute).keys()]).toEqual([]);
  used(now + 2 * minute, 2);
  expect(readings.means(now + 2 * minute).get("user1")?.node).toContain(2);
});

test("what a node kept while the controller was away makes it no older than its newest sample", () => {
  const { readings, used } = room();
  used(now, 1);
  used(now - hour, 2);
  expect([...readings.means(now).keys()]).toEqual(["user1"]);
});

test("restarts of a time that is still to come are none of the last hour, and what follows them is", () => {
  const { readings } = room();
  const note = (at: number, restarts: number): void =>
    readings.note({ instances: [instance({ containers: [{ ...container, restarts }] })] }, at);
  const restarts = (at: number) => readings.restarts("user1", container.name, { seconds: 3600, now: at });
  note(now, 0);
  note(now + 2 * hour, 1);
  note(now + 3 * hour, 4);
  expect(restarts(now + 3 * hour)).toEqual({ count: 3, isWhole: true });
  // Set back: before the next look, and after it.
  expect(restarts(now + hour)).toEqual({ count: 0, isWhole: true });
  note(now + hour, 4);
  expect(restarts(now + hour)).toEqual({ count: 0, isWhole: false });
  note(now + hour + minute, 6);
  expect(restarts(now + hour + minute)).toEqual({ count: 2, isWhole: false });
  // Nor are they of the last hour when that time has come.
  expect(restarts(now + 3 * hour)).toEqual({ count: 0, isWhole: true });
});

test("a container that ran out of memory at a time still to come did not within the last hour", () => {
  const { readings } = room();
  const note = (at: number): void => readings.note({ instances: [instance({ containers: [container] })] }, at);
  const isShort = (at: number) => readings.outOfMemory("user1", container.name, { seconds: 3600, now: at });
  const shortage = (at: number): void =>
    readings.takeEvent({
      ...{ at, kind: "outOfMemory", node: "user1", instance: "user1-n8n", message: "" },
      data: { container: container.name },
    });
  note(now - hour);
  shortage(now + 3 * hour);
  expect(isShort(now + 3 * hour)).toBe(true);
  expect(isShort(now)).toBe(false);
  note(now);
  note(now + 3 * hour + minute);
  expect(isShort(now + 3 * hour + minute), "when that time has come").toBe(false);
  // Between the time of a look and what it sees, some time passes.
  shortage(now + 4 * hour);
  note(now + 4 * hour - 1000);
  expect(isShort(now + 4 * hour)).toBe(true);
});
