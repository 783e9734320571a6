import { expect, test } from "vitest";
import { delaysOf } from "./delays.ts";
import { droppedFrames, periodOf } from "./dropped.ts";
import { layoutOf } from "./fleet.ts";

test("a frame takes until it, or one behind it, is painted; what never was took for ever", () => {
  const sentAt = Array.from({ length: 104 }, (_, index) => index * 1000);
  const painted = [
    { text: "0.99", at: 99_300 },
    // Not frame 0, which had the same mark 100 s before.
    { text: "0.00", at: 100_500 },
    { text: "0.02", at: 102_250 },
  ];
  expect(delaysOf(sentAt, painted, { from: 99_000, to: 102_000 })).toEqual([300, 500, 1250, 250]);
  expect(delaysOf(sentAt, painted, { from: 103_000, to: 104_000 })).toEqual([Number.POSITIVE_INFINITY]);
});

test("frames that did not come are counted in periods of an idle page", () => {
  const period = periodOf([16, 17, 17, 50]);
  expect(period).toBe(17);
  expect(droppedFrames([16.6, 17, 24], period)).toBe(0);
  expect(droppedFrames([33, 17, 51], period)).toBe(3);
});

test("a node's containers are spread over its instances, the first having the rest", () => {
  const [first, second] = layoutOf(
    [
      { instances: 2, containers: 4 },
      { instances: 1, containers: 1 },
    ],
    "user1",
  );
  expect(first).toEqual({
    node: "node1",
    tenant: "user1",
    instances: [
      { name: "user1-service1", containers: ["user1-service1", "user1-service1-2", "user1-service1-3"] },
      { name: "user1-service2", containers: ["user1-service2"] },
    ],
  });
  expect(second?.instances).toEqual([{ name: "node2-service1", containers: ["node2-service1"] }]);
});
