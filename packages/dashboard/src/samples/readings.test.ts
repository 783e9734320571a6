import { expect, it } from "vitest";
import { containerCpu, containerMemory, containerNetwork, nodeCpu, nodeDisk, nodeMemory } from "./readings.ts";
import { SampleStore } from "./sample-store.ts";

const gib = 1024 ** 3;
const at = 1_795_500_000_000;

function storeWith(containers: Record<string, number[]>): SampleStore {
  const store = new SampleStore(10);
  const batch = {
    node: "user1",
    containers: Object.keys(containers).map((name) => ({ name, instance: "user1-n8n" })),
    frames: [
      {
        at,
        node: [1.2, 3 * gib, 4 * gib, 0, 2048, 1024, 0, 0, 5 * gib, 20 * gib],
        containers: Object.values(containers),
      },
    ],
  };
  store.receive(batch, 0);
  return store;
}

const instance = { node: "user1", instance: "user1-n8n", container: null };

it("puts a node's use beside what it may use", () => {
  const store = storeWith({});
  expect(nodeCpu(store, "user1", 2)()).toMatchObject({ value: "1.20", detail: "of 2", most: 2 });
  expect(nodeMemory(store, "user1")()).toMatchObject({ value: "3.00 GiB", detail: "75 % of 4 GiB", most: 4 * gib });
  expect(nodeDisk(store, "user1")()).toMatchObject({ value: "5.00 GiB", detail: "25 % of 20 GiB" });
});

it("adds up the containers of an instance", () => {
  const store = storeWith({
    "user1-n8n": [0.25, gib, 2 * gib, 100, 10, 0, 0, 5],
    "user1-n8n-worker": [0.5, gib, 2 * gib, 50, 20, 0, 0, 5],
  });
  expect(containerCpu(store, instance)()).toMatchObject({ value: "0.75", most: 0.75 });
  expect(containerMemory(store, instance)()).toMatchObject({ value: "2.00 GiB", detail: "50 % of 4 GiB" });
  expect(containerNetwork(store, instance)()).toMatchObject({ value: "↓ 150 B/s", detail: "↑ 30 B/s" });
  expect(containerCpu(store, { ...instance, container: "user1-n8n-worker" })()).toMatchObject({ value: "0.50" });
});

it("gives no share where there is no limit, and no number where nothing was measured", () => {
  const store = storeWith({ "user1-n8n": [0.01, gib, 0, 0, 0, 0, 0, 5] });
  expect(containerMemory(store, instance)()).toMatchObject({ value: "1.00 GiB", detail: "" });
  expect(containerCpu(store, instance)()).toMatchObject({ most: 0.2 });
  expect(nodeCpu(store, "elsewhere", undefined)()).toMatchObject({ value: "–", detail: "" });
  expect(containerNetwork(store, { ...instance, instance: "none" })()).toMatchObject({ value: "–", detail: "" });
});
