import { expect, it } from "vitest";
import { instanceOf, nodeOf } from "../fleet/fixtures.ts";
import { SampleStore } from "./sample-store.ts";
import { steadyWeight, weightOfRow } from "./weights.ts";

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

it("weighs what it did before while it is about that, and idle things the same", () => {
  const weigh = (cores: number, before?: number) => steadyWeight(storeOf([cores]), "cpu", instance, 1000, before);
  expect([weigh(0.5), weigh(0.502)]).toEqual([1, 1]);
  expect([weigh(0.55, 1), weigh(0.45, 1)]).toEqual([1, 1]);
  expect([weigh(0.7, 1), weigh(0.3, 1)]).toEqual([1.2, 0.8]);
  expect(weigh(0.5, -1)).toBe(1);
  expect(steadyWeight(storeOf([1]), "cpu", instance, 60_000, 1)).toBe(-1);
});
