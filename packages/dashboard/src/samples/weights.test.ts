import { expect, it } from "vitest";
import { instanceOf, nodeOf } from "../fleet/fixtures.ts";
import { SampleStore } from "./sample-store.ts";
import { weightOfRow } from "./weights.ts";

const at = 1_795_500_000_000;

/** Frames of one second each; `cores` of the worker container. */
function storeOf(cores: readonly number[]): SampleStore {
  const store = new SampleStore(60);
  const frames = cores.map((value, index) => ({
    at: at + index * 1000,
    node: [2, 100, 200, 0, 30, 40, 0, 0, 7000, 9000],
    containers: [
      [0.5, 10, 20, 1, 2, 3, 4, 5],
      [value, 10, 20, 1, 2, 3, 4, 5],
    ],
  }));
  const containers = ["user1-n8n", "user1-n8n-worker"].map((name) => ({ name, instance: "user1-n8n" }));
  store.receive({ node: "user1", containers, frames }, 0);
  return store;
}

const instance = instanceOf("user1-n8n", "user1");

it("adds up containers and directions, over the last ten samples", () => {
  const burst = storeOf([...Array.from({ length: 10 }, () => 100), ...Array.from({ length: 9 }, () => 0), 1]);
  expect(weightOfRow(burst, "cpu", instance, 1000)).toBeCloseTo(0.6);
  expect(weightOfRow(burst, "network", instance, 1000)).toBe(6);
  expect(weightOfRow(burst, "network", nodeOf("user1"), 1000)).toBe(70);
  expect(weightOfRow(burst, "disk", nodeOf("user1"), 1000)).toBe(7000);
});

it("knows nothing of what is not live any more", () => {
  expect(weightOfRow(storeOf([1]), "cpu", instance, 60_000)).toBe(-1);
  expect(weightOfRow(storeOf([1]), "cpu", instanceOf("user9-n8n", "user9"), 1000)).toBe(-1);
});
