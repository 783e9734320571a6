import type { FileSystem, VolumeSize } from "@berth/shared/protocol/disks";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { startHarness, type Credentials, type Harness } from "../testing/harness.ts";
import type { KnownDisks } from "./disks.ts";

const root: FileSystem = {
  ...{ mountpoint: "/", device: "/dev/sda1", type: "ext4", readOnly: false },
  ...{ usedBytes: 5, sizeBytes: 10, inodes: { used: 1, total: 2 } },
};

let harness: Harness;
let user1: Credentials;
let heard: KnownDisks[];

beforeEach(async () => {
  harness = await startHarness();
  user1 = await harness.enrol("user1");
  heard = [];
  harness.hub.events.on("disks", (disks) => heard.push(disks));
});
afterEach(() => harness.close());

it("what a node told last is kept, with times by the controller's clock, until its agent connects anew", async () => {
  const hour = 3_600_000;
  const nodeClock = Date.now() + hour;
  const agent = await FakeAgent.join(harness, user1, { hello: { clock: nodeClock } });
  expect(harness.hub.disks()).toEqual([]);
  const volume: VolumeSize = { name: "data", instance: "user1-n8n", bytes: 7, measuredAt: nodeClock };
  agent.send({ type: "filesystems", fileSystems: [{ ...root, usedBytes: 1 }] });
  agent.send({ type: "volumes", volumes: [volume, { ...volume, name: "vast", bytes: null, measuredAt: null }] });
  agent.send({ type: "filesystems", fileSystems: [root] });
  await agent.settled();
  const [known] = harness.hub.disks("user1");
  expect(known).toMatchObject({
    node: "user1",
    fileSystems: [root],
    volumes: [{ name: "data" }, { measuredAt: null }],
  });
  for (const moment of [known?.readAt, known?.volumes[0]?.measuredAt]) {
    expect(Math.abs((moment ?? 0) - Date.now())).toBeLessThan(60_000);
  }
  expect(heard.map(({ fileSystems }) => fileSystems[0]?.usedBytes)).toEqual([1, 5]);
  expect(harness.hub.disks("user2")).toEqual([]);

  agent.cut();
  await expect.poll(() => harness.hub.connection("user1")?.state).toBe("offline");
  expect(harness.hub.disks()).toHaveLength(1);
  await FakeAgent.join(harness, user1, { hello: { protocol: { major: 1, minor: 1 } } });
  expect(harness.hub.disks()).toEqual([]);
});

it("a node that is revoked is forgotten", async () => {
  const agent = await FakeAgent.join(harness, user1);
  agent.send({ type: "filesystems", fileSystems: [root] });
  await agent.settled();
  await harness.hub.revoke("user1", "it is gone");
  expect(harness.hub.disks()).toEqual([]);
});
