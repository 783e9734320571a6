import type { LiveSamples } from "@berth/shared/api/live";
import { containerColumns, nodeColumns } from "@berth/shared/metrics/samples";
import { beforeEach, expect, it } from "vitest";
import { second, start } from "../metrics/history/testing/samples.ts";
import { minute, useWorld } from "../metrics/history/testing/world.ts";
import type { SamplesApi } from "../api/samples.ts";
import { SampleRing } from "../metrics/sample-ring.ts";
import { createSamplesApi } from "./samples.ts";

const world = useWorld();
let ring: SampleRing;
let api: SamplesApi;

beforeEach(restart);

/** As the controller does: memory is empty afterwards, and the file is there. */
async function restart(): Promise<void> {
  await world.reopen("closed");
  ring = new SampleRing({ clock: { now: () => world.now }, instanceOf: (_node, container) => container });
  const hub = {
    connections: () => ["user2", "user1"].map((name) => ({ node: name }) as never),
    recentSamples: (query: { seconds: number }) => ring.recent(query),
    samplesSince: (name: string) => ring.since(name),
  };
  api = createSamplesApi(hub, world.history, () => world.now);
}

function ask(seconds: number, node?: string): Promise<LiveSamples[]> {
  return api.recent(node === undefined ? { seconds } : { seconds, node });
}

/** Each second until then, to memory and history, as the hub does. */
function measure(until: number, value: number, of?: { node?: string; container?: string }): void {
  for (; world.now < until; world.pass(1000)) {
    const { node, containers, frames } = second(world.now, value, of);
    const samples = ring.add(node, { containers: containers.map(({ name }) => name), frames }, 0);
    if (samples !== undefined) world.history.add(samples);
  }
}

const cpuOf = ({ frames }: LiveSamples) => frames.map(({ at, node }) => [(at - start) / 1000, node[0]]);

it("has what was measured before a restart, in steps of ten seconds, and then each second", async () => {
  measure(start + minute, 1);
  await restart();
  world.pass(20_000);
  measure(start + 83_000, 2);
  const [samples, ...others] = await ask(900);
  expect(others).toEqual([]);
  expect(samples && cpuOf(samples)).toEqual([
    ...[5, 15, 25, 35, 45, 55].map((at) => [at, 1]),
    // Nothing was measured meanwhile.
    ...[80, 81, 82].map((at) => [at, 2]),
  ]);
  expect(samples?.frames[0]?.node).toHaveLength(nodeColumns.length);
  expect(samples?.frames[0]?.containers).toEqual([[1, ...containerColumns.slice(1).map(() => 10)]]);
});

it("begins where it is asked to, and leaves out nodes and containers of which there is nothing in that time", async () => {
  measure(start + minute, 1, { container: "gone" });
  measure(start + 2 * minute, 1, { node: "user2", container: "user2-n8n" });
  measure(start + 3 * minute, 3);
  await restart();
  const [samples, ...others] = await ask(60, "user1");
  expect(others).toEqual([]);
  expect(samples?.containers).toEqual([{ name: "user1-n8n", instance: "user1-n8n" }]);
  expect(samples && cpuOf(samples).map(([at]) => at)).toEqual([125, 135, 145, 155, 165, 175]);
  expect((await ask(180)).map(({ node }) => node)).toEqual(["user1", "user2"]);
});

it("knows each container by its name, also one that is gone since", async () => {
  measure(start + minute, 1, { container: "gone" });
  measure(start + 2 * minute, 2);
  await restart();
  measure(world.now + 1000, 3);
  const [samples] = await ask(900, "user1");
  expect(samples?.containers.map(({ name }) => name)).toEqual(["user1-n8n", "gone"]);
  const cpu = samples?.frames.map(({ containers }) => containers.map((row) => row?.[0] ?? null)) ?? [];
  expect(cpu).toEqual([...cpu.slice(0, 6).map(() => [null, 1]), ...cpu.slice(6, 12).map(() => [2, null]), [3]]);
  expect(cpu).toHaveLength(13);
});

it("has no moment twice when an agent fills up meanwhile what it kept", async () => {
  measure(start + minute, 1);
  await restart();
  const { frames } = world.history;
  world.history.frames = async (query) => {
    const found = await frames(query);
    ring.add("user1", { containers: ["user1-n8n"], frames: second(start + 20_000, 2).frames }, 0);
    return found;
  };
  const [samples] = await ask(900, "user1");
  expect(samples && cpuOf(samples)).toEqual([
    [5, 1],
    [15, 1],
    [20, 2],
  ]);
});

it("has longer steps as several frames, so that charts join them", async () => {
  world.settings = { ...world.settings, resolutions: [{ seconds: 60, days: 1 }] };
  await restart();
  measure(start + 2 * minute, 4);
  await restart();
  const [samples] = await ask(900, "user1");
  expect(samples && cpuOf(samples)).toEqual(Array.from({ length: 12 }, (_, index) => [index * 10 + 5, 4]));
});

it("asks memory alone for what memory has, or let go for want of room", async () => {
  await restart();
  measure(start + 2 * minute, 1);
  world.history.frames = () => expect.unreachable();
  expect((await ask(60, "user1"))[0]?.frames).toHaveLength(59);
  // As if this were all that there is room for.
  ring.forget("user1");
  measure(world.now + minute, 1);
  expect((await ask(120, "user1"))[0]?.frames).toHaveLength(60);
});
