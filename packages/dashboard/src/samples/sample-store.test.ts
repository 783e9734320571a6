import type { LiveSamples } from "@berth/shared/api/live";
import { expect, it } from "vitest";
import { latest, SampleStore } from "./sample-store.ts";

const epoch = 1_795_500_000_000;

/** A frame `second` seconds in; the node uses `cores`, each container the value given. */
function batch(second: number, cores: number, containers: Record<string, number | null>): LiveSamples {
  const names = Object.keys(containers);
  return {
    node: "user1",
    containers: names.map((name) => ({ name, instance: name.replace(/-worker$/, "") })),
    frames: [
      {
        at: epoch + second * 1000,
        node: [cores, 2e9, 4e9, 0, 0, 0, 0, 0, 1e10, 2e10],
        containers: names.map((name) => {
          const value = containers[name] ?? null;
          return value === null ? null : [value, 1e8, 5e8, 1, 2, 3, 4, 12];
        }),
      },
    ],
  };
}

it("follows each container by name while positions change", () => {
  const store = new SampleStore(10);
  store.receive(batch(1, 0.5, { "user1-n8n": 0.1, "user1-flowise": 0.2 }), 0);
  store.receive(batch(2, 0.6, { "user1-flowise": 0.3 }), 1000);
  expect(latest(store.nodeSeries("user1", "cpuCores"))).toBe(0.6);
  expect(latest(store.containerSeries("user1", "user1-flowise", "cpuCores"))).toBe(0.3);
  expect(latest(store.containerSeries("user1", "user1-n8n", "cpuCores"))).toBeNaN();
  expect(latest(store.containerSeries("user1", "nobody", "cpuCores"))).toBeNaN();
  expect(store.containers("user1")).toEqual(["user1-flowise"]);
});

it("lists the containers of one instance", () => {
  const store = new SampleStore(10);
  store.receive(batch(1, 0.5, { "user1-n8n": 0.1, "user1-n8n-worker": 0.2, "user1-flowise": null }), 0);
  expect(store.containers("user1", "user1-n8n")).toEqual(["user1-n8n", "user1-n8n-worker"]);
});

it("takes no frame twice and none out of order", () => {
  const store = new SampleStore(10);
  store.load([batch(5, 0.5, {})], 0);
  for (const second of [5, 3, 6]) store.receive(batch(second, second, {}), 0);
  const series = store.nodeSeries("user1", "cpuCores");
  expect([...(series?.values.subarray(series.begin, series.end) ?? [])]).toEqual([0.5, 6]);
});

it("knows how long a node has been silent", () => {
  const store = new SampleStore(10);
  expect(store.silence("user1", 1000)).toBeUndefined();
  store.load([batch(1, 0.5, {})], 1000);
  expect(store.silence("user1", 5000)).toBe(4000);
  store.receive(batch(2, 0.5, {}), 5000);
  expect(store.silence("user1", 12_000)).toBe(7000);
});

it("begins anew when nothing but older samples comes: the controller's clock was set back", () => {
  const store = new SampleStore(10);
  store.load([batch(3600, 0.5, {})], 0);
  for (let second = 1; second <= 9; second += 1) store.receive(batch(second, 2, {}), second * 1000);
  expect(latest(store.nodeSeries("user1", "cpuCores"))).toBe(0.5);
  store.receive(batch(11, 3, {}), 11_000);
  store.receive(batch(12, 4, {}), 12_000);
  const series = store.nodeSeries("user1", "cpuCores");
  expect([...(series?.values.subarray(series.begin, series.end) ?? [])]).toEqual([3, 4]);
});

it("takes what was kept during an outage for no clock that was set back", () => {
  const store = new SampleStore(100);
  for (let second = 1; second <= 30; second += 1) {
    store.receive(batch(second - 3600, 9, {}), second * 1000);
    store.receive(batch(second, second, {}), second * 1000);
  }
  expect(store.nodeSeries("user1", "cpuCores")?.end).toBe(31);
});

it("says which node changed", () => {
  const store = new SampleStore(10);
  const heard: string[] = [];
  const end = store.subscribe((node) => heard.push(node));
  store.receive(batch(1, 0.5, {}), 0);
  end();
  store.receive(batch(2, 0.5, {}), 0);
  expect(heard).toEqual(["user1"]);
});
