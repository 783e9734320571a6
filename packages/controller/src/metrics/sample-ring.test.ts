import { containerColumns, nodeColumns, type Frame } from "@berth/shared/metrics/samples";
import { liveSamplesSchema } from "@berth/shared/api/live";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { SampleRing } from "./sample-ring.ts";

const start = Date.parse("2026-11-24T12:00:00Z");
let now: number;
let ring: SampleRing;
const instanceOf = (_node: string, container: string) => (container.startsWith("user1-") ? "user1-n8n" : undefined);

beforeEach(() => {
  now = start;
  ring = new SampleRing({ clock: { now: () => now }, instanceOf });
});

const nodeRow = (value: number) => nodeColumns.map(() => value);
const containerRow = (value: number) => containerColumns.map(() => value);
const frame = (at: number, value = 1, containers: number[] = []): Frame => ({
  at,
  node: nodeRow(value),
  containers: containers.map(containerRow),
});
const times = () => ring.recent({ seconds: 7200, node: "user1" })[0]?.frames.map(({ at }) => at) ?? [];

describe("recent", () => {
  it("gives frames of the last seconds in the shape of the API", () => {
    const frames = [frame(now - 5000, 1, [2]), frame(now - 1000, 3, [4])];
    ring.add("user1", { containers: ["user1-n8n-worker"], frames }, 0);
    const [samples] = ring.recent({ seconds: 3 });
    expect(liveSamplesSchema.parse(samples)).toEqual({
      node: "user1",
      containers: [{ name: "user1-n8n-worker", instance: "user1-n8n" }],
      frames: [frames[1]],
    });
    expect(ring.recent({ seconds: 10, node: "nobody" })).toEqual([]);
  });

  it("puts frames with different containers under one list", () => {
    ring.add("user1", { containers: ["a", "b"], frames: [frame(now - 3000, 1, [10, 20])] }, 0);
    ring.add("user1", { containers: ["b", "c"], frames: [frame(now - 2000, 1, [21, 30])] }, 0);
    const notMeasured: Frame = { at: now - 1000, node: nodeRow(1), containers: [null, containerRow(31)] };
    ring.add("user1", { containers: ["b", "c"], frames: [notMeasured] }, 0);
    const [samples] = ring.recent({ seconds: 60 });
    expect(samples?.containers.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(samples?.frames.map(({ containers }) => containers.map((row) => row?.[0] ?? null))).toEqual([
      [10, 20, null],
      [null, 21, 30],
      [null, null, 31],
    ]);
  });

  it("has no more containers than a batch, however many came and went: the newest", () => {
    for (let ago = 1500; ago > 0; ago -= 1) {
      const batch = { containers: ["stays", `brief-${ago}`], frames: [frame(now - ago * 1000, 1, [ago, ago])] };
      ring.add("user1", batch, 0);
    }
    const [samples] = ring.recent({ seconds: 7200 });
    expect(samples?.containers).toHaveLength(1000);
    expect(samples?.containers.map(({ name }) => name)).toContain("brief-1");
    expect(samples?.frames).toHaveLength(1500);
    const place = samples?.containers.findIndex(({ name }) => name === "stays") ?? -1;
    expect(samples?.frames.map(({ containers }) => containers[place]?.[0])).toEqual(
      Array.from({ length: 1500 }, (_, index) => 1500 - index),
    );
  });
});

it("tells where a node's memory begins, and gives what lies before a moment", () => {
  ring.add("user1", { containers: [], frames: [5000, 3000, 1000].map((ago) => frame(now - ago)) }, 0);
  expect(ring.since("user1")).toBe(now - 5000);
  expect(ring.since("nobody")).toBeUndefined();
  const [samples] = ring.recent({ seconds: 4, until: now - 2000 });
  expect(samples?.frames.map(({ at }) => at)).toEqual([now - 3000]);
});

describe("add", () => {
  it("puts late frames in their place and takes each once", () => {
    const add = (...ats: number[]) => ring.add("user1", { containers: [], frames: ats.map((at) => frame(at)) }, 0);
    add(now - 1000, now - 500);
    const late = add(now - 3000, now - 2000, now - 1000);
    expect(late?.frames.map(({ at }) => at)).toEqual([now - 3000, now - 2000]);
    expect(add(now - 2000)).toBeUndefined();
    expect(times()).toEqual([now - 3000, now - 2000, now - 1000, now - 500]);
  });

  it("is in order and complete whatever the order of arrival", () => {
    const seconds = fc.uniqueArray(fc.integer({ min: 1, max: 3600 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(seconds, fc.infiniteStream(fc.nat()), (ats, sizes) => {
        ring = new SampleRing({ clock: { now: () => now }, instanceOf });
        const rest = ats.map((second) => frame(now - second * 1000));
        while (rest.length > 0) {
          const size = 1 + ((sizes.next().value ?? 0) % 7);
          const frames = rest.splice(0, size);
          ring.add("user1", { containers: [], frames: [...frames, ...frames] }, 0);
        }
        expect(times()).toEqual(ats.map((second) => now - second * 1000).toSorted((one, other) => one - other));
      }),
    );
  });

  it("brings a clock that is off to the controller's, and leaves one alone that is right", () => {
    ring.add("user1", { containers: [], frames: [frame(now + 3_600_000)] }, 3_600_000);
    ring.add("user2", { containers: [], frames: [frame(now - 50)] }, -50);
    expect(ring.recent({ seconds: 60 }).map(({ frames }) => frames[0]?.at)).toEqual([now, now - 50]);
  });

  it("believes no frame from the future, and needs none from before its memory", () => {
    const frames = [frame(now + 120_000), frame(now - 7_300_000), frame(now)];
    ring.add("user1", { containers: [], frames }, 0);
    expect(times()).toEqual([now]);
  });

  it("begins anew when the controller's clock was set back", () => {
    ring.add("user1", { containers: [], frames: [frame(now - 1000), frame(now)] }, 0);
    now -= 3_600_000;
    ring.add("user1", { containers: [], frames: [frame(now)] }, 0);
    expect(times()).toEqual([now]);
  });

  it("forgets what is older than two hours", () => {
    ring.add("user1", { containers: [], frames: [frame(now)] }, 0);
    now += 7_199_000;
    expect(times()).toEqual([start]);
    now += 2000;
    expect(times()).toEqual([]);
  });

  it("keeps no more than it may, the newest", () => {
    const options = { clock: { now: () => now }, instanceOf };
    ring = new SampleRing({ ...options, maxFramesPerNode: 3 });
    ring.add("user1", { containers: [], frames: [5, 4, 3, 2, 1].map((second) => frame(now - second)) }, 0);
    expect(times()).toEqual([now - 3, now - 2, now - 1]);
    ring = new SampleRing({ ...options, maxValuesPerNode: nodeColumns.length * 2 });
    ring.add("user1", { containers: [], frames: [5, 4, 3, 2, 1].map((second) => frame(now - second)) }, 0);
    expect(times()).toEqual([now - 2, now - 1]);
  });

  it("gives each node an equal share of what is kept of all", () => {
    ring = new SampleRing({ clock: { now: () => now }, instanceOf, maxValues: nodeColumns.length * 4 });
    const frames = [3, 2, 1].map((second) => frame(now - second));
    ring.add("user1", { containers: [], frames }, 0);
    expect(times()).toEqual([now - 3, now - 2, now - 1]);
    ring.add("user2", { containers: [], frames }, 0);
    ring.add("user1", { containers: [], frames: [frame(now)] }, 0);
    expect(times()).toEqual([now - 1, now]);
  });

  it("lets go of a node that is away once its last frame is too old", () => {
    ring.add("user1", { containers: [], frames: [frame(now)] }, 0);
    ring.tidy();
    expect(ring.since("user1")).toBe(now);
    now += 7_201_000;
    ring.tidy();
    expect(ring.since("user1")).toBeUndefined();
  });

  it("takes no row for which there is no container", () => {
    ring.add("user1", { containers: ["a"], frames: [frame(now, 1, [1, 2, 3])] }, 0);
    expect(ring.recent({ seconds: 1 })[0]?.frames[0]?.containers).toEqual([containerRow(1)]);
  });

  it("forgets a node that is removed", () => {
    ring.add("user1", { containers: [], frames: [frame(now)] }, 0);
    ring.forget("user1");
    expect(ring.recent({ seconds: 60 })).toEqual([]);
  });
});
