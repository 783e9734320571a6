/** What is remembered when the controller's clock is set back, and the times of samples with it. */
import { expect, test } from "vitest";
import { createReadings } from "./readings.ts";
import { GiB, nodeRow, now } from "./test-fixtures.ts";

const minute = 60_000;
const hour = 60 * minute;

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
