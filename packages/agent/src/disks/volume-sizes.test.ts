import { expect, it } from "vitest";
import type { ListedVolume } from "../docker/tools.ts";
import { silentLog } from "../log.ts";
import { VolumeSizes } from "./volume-sizes.ts";

const minute = 60_000;
const never = new AbortController().signal;

function room(names: readonly string[]) {
  const state = {
    now: 0,
    listed: names.map((name): ListedVolume => ({ name, directory: `/v/${name}`, instance: "user1-n8n" })),
    /** Bytes by directory; those that are missing fail. */
    bytes: new Map(names.map((name, index) => [`/v/${name}`, 100 * (index + 1)])),
    /** How long each takes. */
    takes: new Map<string, number>(),
    measured: [] as string[],
    atOnce: 0,
  };
  const sizes = new VolumeSizes({
    volumes: { listVolumes: async () => state.listed },
    files: {
      size: async (directory) => {
        state.atOnce += 1;
        expect(state.atOnce).toBe(1);
        await Promise.resolve();
        state.atOnce -= 1;
        state.measured.push(directory.slice(3));
        state.now += state.takes.get(directory) ?? 10;
        const bytes = state.bytes.get(directory);
        if (bytes === undefined) throw new Error("no such directory");
        return bytes;
      },
    },
    log: silentLog,
    elapsed: () => state.now,
  });
  const lookAt = async (now: number): Promise<string[]> => {
    state.now = now;
    state.measured = [];
    await sizes.look(never);
    return state.measured;
  };
  return { state, sizes, lookAt };
}

it("measures each volume once in a quarter of an hour, one after the other, and new ones at once", async () => {
  const { state, sizes, lookAt } = room(["a", "b"]);
  expect(sizes.revision).toBe(0);
  expect(await lookAt(0)).toEqual(["a", "b"]);
  expect(sizes.report()).toMatchObject([
    { name: "b", instance: "user1-n8n", bytes: 200 },
    { name: "a", bytes: 100 },
  ]);
  state.listed.push({ name: "c", directory: "/v/c", instance: null });
  state.bytes.set("/v/c", 1000);
  expect(await lookAt(5 * minute)).toEqual(["c"]);
  expect(await lookAt(15 * minute)).toEqual(["a", "b"]);
  state.listed.shift();
  expect(await lookAt(16 * minute)).toEqual([]);
  expect(sizes.report().map(({ name }) => name)).toEqual(["c", "b"]);
});

it("leaves one that takes long alone for as much longer", async () => {
  const { state, lookAt } = room(["a", "b"]);
  state.takes.set("/v/a", 30_000);
  expect(await lookAt(0)).toEqual(["a", "b"]);
  expect(await lookAt(14 * minute)).toEqual([]);
  expect(await lookAt(15 * minute)).toEqual(["b"]);
  // 200 times the half minute that it took.
  expect(await lookAt(98 * minute)).toEqual(["b"]);
  expect(await lookAt(101 * minute)).toEqual(["a"]);
});

it("keeps what was measured when it cannot be measured again, and tells of the others", async () => {
  const { state, sizes, lookAt } = room(["a", "b"]);
  state.bytes.delete("/v/a");
  await lookAt(0);
  expect(sizes.report()).toMatchObject([
    { name: "b", bytes: 200 },
    { name: "a", bytes: null, measuredAt: null },
  ]);
  state.bytes.delete("/v/b");
  await lookAt(15 * minute);
  expect(sizes.report()).toMatchObject([{ name: "b", bytes: 200, measuredAt: expect.any(Number) }, { name: "a" }]);
});

it("is one look for all who ask meanwhile, and ends when nobody needs it any more", async () => {
  const { state, sizes } = room(["a", "b"]);
  await Promise.all([sizes.look(never), sizes.look(never)]);
  expect(state.measured).toEqual(["a", "b"]);
  const left = new AbortController();
  state.now = 20 * minute;
  const looking = sizes.look(left.signal);
  left.abort(new Error("the controller is away"));
  await expect(looking).rejects.toThrow("the controller is away");
  expect(state.measured).toEqual(["a", "b"]);
});

it("takes a label that is no instance's name for none", async () => {
  const { state, sizes, lookAt } = room(["a"]);
  state.listed = [{ name: "a", directory: "/v/a", instance: "Not a name!" }];
  await lookAt(0);
  expect(sizes.report()).toMatchObject([{ name: "a", instance: null }]);
});

it("has news when volumes, their owners or their measures have changed, and not at each look", async () => {
  const { state, sizes, lookAt } = room(["a", "b"]);
  const isNews = async (now: number): Promise<boolean> => {
    const { revision } = sizes;
    await lookAt(now);
    return sizes.revision !== revision;
  };
  expect([await isNews(0), await isNews(minute)]).toEqual([true, false]);
  state.listed = state.listed.map((volume) => ({ ...volume, instance: "user1-web" }));
  expect([await isNews(2 * minute), await isNews(3 * minute)]).toEqual([true, false]);
  state.listed.shift();
  expect([await isNews(4 * minute), await isNews(5 * minute), await isNews(15 * minute)]).toEqual([true, false, true]);
  state.bytes.clear();
  expect(await isNews(30 * minute)).toBe(false);
  // That a node has none is told once.
  const empty = room([]);
  await empty.lookAt(0);
  const first = empty.sizes.revision;
  await empty.lookAt(minute);
  expect([first > 0, empty.sizes.revision]).toEqual([true, first]);
});
