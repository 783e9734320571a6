import { catalog } from "@berth/shared/catalog/index";
import { catalogOf } from "@berth/shared/catalog/merge";
import { BerthError } from "@berth/shared/errors";
import { placements, type Placement } from "@berth/shared/fleet/instances";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { KnownTags } from "../inventory/registry-tags.ts";
import type { UpgradeInstance } from "../inventory/upgrades.ts";
import { checkInstance, createUpgradeChecks, type CheckDependencies } from "./check.ts";
import type { Running } from "./published-anew.ts";
import { example, parsed, pastMove } from "./test-world.ts";

const now = "2026-11-24T06:00:00.000Z";
const n8n = "docker.io/n8nio/n8n";

let text: string;
let known: Map<string, KnownTags>;
let running: Map<string, Running>;
/** What registries lead their tags to; a tag that is not there leads nowhere. */
let digests: Record<string, string>;
/** Nodes that were asked what they run. */
let looked: string[];
let past: UpgradeInstance[];
/** What registries were asked, in their order. */
let asked: string[];
let answer: CheckDependencies["tags"];
let registryMirror: string | null;
/** Images of services that have another one than the catalog's. */
let images: Record<string, string>;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(now), toFake: ["Date"] });
  [text, known, running, past, asked, registryMirror] = [example, new Map(), new Map(), [], [], null];
  [digests, looked, images] = [{}, [], {}];
  answer = async () => ["2.41.1", "2.41.3", "latest"];
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function checks() {
  return createUpgradeChecks({
    fleet: async () => parsed(text),
    catalogOf: (fleet) =>
      new Map(
        [...catalogOf(fleet, catalog)].map(([name, service]) => [
          name,
          { ...service, image: images[name] ?? service.image },
        ]),
      ),
    registryMirror,
    tags: (image, fleet, signal) => {
      asked.push(image);
      return answer(image, fleet, signal);
    },
    resolve: async (image) => {
      const digest = digests[image];
      return digest === undefined ? { missing: true, reason: "it has no such tag" } : { digest };
    },
    look: async (nodes) => void looked.push(...nodes),
    known: async () => known,
    remember: async (image, tags) => void known.set(image, tags),
    running: async () => running,
    past: async () => past,
  });
}

describe("asking", () => {
  test("of one service, its registry is asked once for all its instances, and versions are remembered", async () => {
    const { services, instances } = await checks().check("n8n");
    expect(asked).toEqual([`${n8n}:2.41.1`]);
    expect(services).toEqual([{ service: "n8n", image: n8n, checkedAt: now, problem: null }]);
    expect(instances.map(({ instance, version, patch }) => [instance, version, patch])).toEqual(
      ["user1", "user2", "user3"].map((tenant) => [`${tenant}-n8n`, "2.41.1", "2.41.3"]),
    );
    expect(known.get(n8n)).toEqual({ tags: ["2.41.1", "2.41.3"], digests: {}, checkedAt: now });
    expect(looked).toEqual(["user1", "user2", "user3"]);
  });

  test("of services with one image, its registry is asked once, and what all of them run is remembered", async () => {
    images = { flowise: n8n };
    running.set("user1-n8n", { version: "2.41.1", digests: null });
    running.set("user1-flowise", { version: "2.41.3", digests: null });
    digests = { [`${n8n}:2.41.1`]: `sha256:${"1".repeat(64)}`, [`${n8n}:2.41.3`]: `sha256:${"3".repeat(64)}` };
    await checks().check(null);
    expect(asked.filter((image) => image.startsWith(`${n8n}:`))).toHaveLength(1);
    expect(Object.keys(known.get(n8n)?.digests ?? {})).toEqual(expect.arrayContaining(["2.41.1", "2.41.3"]));
  });

  test("of all, each service of the fleet; a name that it has no instance of is refused", async () => {
    const { services } = await checks().check(null);
    const names = new Set(placements(parsed(text), catalog).map(({ service }) => service.name));
    expect(services.map(({ service }) => service).toSorted()).toEqual([...names].toSorted());
    expect(asked).toHaveLength(names.size);
    await expect(checks().check("n9n")).rejects.toMatchObject({ code: "not-found" });
  });

  test("four at a time", async () => {
    let [atOnce, most] = [0, 0];
    answer = async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setTimeout(resolve, 1));
      atOnce -= 1;
      return [];
    };
    await checks().check(null);
    expect([atOnce, most]).toEqual([0, 4]);
  });

  test("a mirror is asked in the registry's place, the fleet's before the controller's", async () => {
    registryMirror = "10.0.6.1:5000";
    await checks().check("n8n");
    text = example.replace("backups:\n", "images: { mirror: 10.0.4.1:5000 }\nbackups:\n");
    await checks().check("n8n");
    expect(asked).toEqual(["10.0.6.1:5000/n8nio/n8n:2.41.1", "10.0.4.1:5000/n8nio/n8n:2.41.1"]);
  });

  test("a registry that fails costs its own service alone, and what it said before is shown", async () => {
    const before = "2026-11-20T05:00:00.000Z";
    known.set(n8n, { tags: ["2.41.2"], digests: {}, checkedAt: before });
    answer = async (image) => {
      if (image.startsWith(n8n)) throw new BerthError("image.unavailable", "docker.io answers 503");
      return ["3.1.5"];
    };
    const { services, instances } = await checks().check(null);
    const of = (service: string) => services.find((one) => one.service === service);
    expect(of("n8n")).toMatchObject({ checkedAt: before, problem: "docker.io answers 503" });
    expect(of("flowise")).toMatchObject({ checkedAt: now, problem: null });
    expect(instances.find(({ instance }) => instance === "user1-n8n")?.patch).toBe("2.41.2");
    expect(instances.find(({ instance }) => instance === "user1-flowise")?.patch).toBe("3.1.5");
  });

  test("one that does not answer in time is told so, whatever it fails with in the end", async () => {
    const late = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(late.signal);
    answer = (_image, _fleet, signal) => {
      late.abort();
      return Promise.reject(signal.aborted ? new Error("socket hang up") : new Error("It was not told to stop"));
    };
    const { services } = await checks().check("n8n");
    expect(services).toMatchObject([{ checkedAt: null, problem: "its registry did not answer within 20 s" }]);
  });
});

test("recalling asks nobody, and says what they said last", async () => {
  known.set(n8n, { tags: ["2.41.9"], digests: {}, checkedAt: now });
  const { services, instances } = await checks().recall();
  expect(asked).toEqual([]);
  expect(services.find(({ service }) => service === "n8n")).toMatchObject({ checkedAt: now, problem: null });
  expect(services.find(({ service }) => service === "flowise")).toMatchObject({ checkedAt: null, problem: null });
  expect(instances.find(({ instance }) => instance === "user1-n8n")?.patch).toBe("2.41.9");
  expect(instances.find(({ instance }) => instance === "user1-flowise")?.patch).toBeNull();
});

test("what runs counts, and what the fleet asks for where nobody can see it", async () => {
  text = example.replace("user2: { node: user2 }", "user2: { node: user2, services: { n8n: { version: 2.40.7 } } }");
  running.set("user1-n8n", { version: "2.41.3", digests: [] });
  const { instances } = await checks().check("n8n");
  expect(instances.map(({ version, patch, minor }) => [version, patch, minor])).toEqual([
    ["2.41.3", null, null],
    ["2.40.7", null, "2.41.3"],
    ["2.41.1", "2.41.3", null],
  ]);
});

describe("a tag that was published anew", () => {
  const [former, present] = [`sha256:${"a".repeat(64)}`, `sha256:${"b".repeat(64)}`];

  test("is told with its digest and the command that moves to it, and where that cannot be told, this", async () => {
    digests[`${n8n}:2.41.1`] = present;
    running.set("user1-n8n", { version: "2.41.1", digests: [`${n8n}@${former}`] });
    running.set("user2-n8n", { version: `2.41.1@${present}`, digests: [`${n8n}@${present}`] });
    running.set("user3-n8n", { version: "2.41.1", digests: undefined });
    const { instances } = await checks().check("n8n");
    expect(instances.map(({ rebuilt, notes }) => ({ rebuilt, notes }))).toEqual([
      {
        rebuilt: present,
        notes: [`2.41.1 was published anew: \`berth upgrade n8n --to 2.41.1@${present}\` moves to it`],
      },
      { rebuilt: null, notes: [] },
      {
        rebuilt: null,
        notes: [
          `whether 2.41.1 was published anew cannot be told for user3-n8n: its image has no known digest of ${n8n}`,
        ],
      },
    ]);
    expect(known.get(n8n)?.digests).toEqual({ "2.41.1": present });
    expect((await checks().recall()).instances.find(({ instance }) => instance === "user1-n8n")?.rebuilt).toBe(present);
  });

  test("is one of the mirror, where the fleet has one", async () => {
    registryMirror = "10.0.6.1:5000";
    digests = { [`${n8n}:2.41.1`]: former, "10.0.6.1:5000/n8nio/n8n:2.41.1": present };
    running.set("user1-n8n", { version: "2.41.1", digests: [`${n8n}@${former}`, `10.0.6.1:5000/n8nio/n8n@${former}`] });
    const [first] = (await checks().check("n8n")).instances;
    expect(first?.rebuilt).toBe(present);
  });

  test("that failed before is told as failed, in few letters", async () => {
    digests[`${n8n}:2.41.1`] = present;
    running.set("user1-n8n", { version: "2.41.1", digests: [`${n8n}@${former}`] });
    past = [pastMove({ toVersion: `2.41.1@${present}`, outcome: "went-back" })];
    const [first] = (await checks().check("n8n")).instances;
    expect(first?.notes[1]).toBe("2.41.1@sha256:bbbbbbbbbbbb failed before");
  });

  test("is as it was known when the registry tells its tags and not what they lead to; the tags are kept", async () => {
    known.set(n8n, { tags: [], digests: { "2.41.1": present, "2.40.1": former }, checkedAt: now });
    running.set("user1-n8n", { version: "2.41.1", digests: [`${n8n}@${former}`] });
    digests = new Proxy(
      {},
      {
        get: () => {
          throw new BerthError("image.unavailable", "docker.io answers no more questions for now");
        },
      },
    );
    const { services, instances } = await checks().check("n8n");
    expect(services[0]?.problem).toBe("docker.io answers no more questions for now");
    expect(instances[0]).toMatchObject({ patch: "2.41.3", rebuilt: present });
    expect(known.get(n8n)?.digests).toEqual({ "2.41.1": present });
  });

  test("that its registry does not have any more leads nowhere", async () => {
    known.set(n8n, { tags: [], digests: { "2.41.1": present }, checkedAt: now });
    running.set("user1-n8n", { version: "2.41.1", digests: [`${n8n}@${former}`] });
    const { instances } = await checks().check("n8n");
    expect(instances[0]).toMatchObject({ rebuilt: null, notes: [] });
  });
});

describe("what is to be known before an instance is moved", () => {
  function check(placement: Placement, version: string, tags: string[], moves: UpgradeInstance[]) {
    return checkInstance(placement, { version, digests: [] }, { image: n8n, tags, digests: {} }, moves);
  }

  function placementOf(instance: string, fleetText = example): Placement {
    const found = placements(parsed(fleetText), catalog).find((placement) => placement.instance === instance);
    if (found === undefined) throw new Error(`There is no ${instance}`);
    return found;
  }

  test("nothing, for one step within its major version", () => {
    expect(check(placementOf("user1-n8n"), "2.41.1", ["2.41.3", "2.42.0"], [])).toEqual({
      ...{ instance: "user1-n8n", service: "n8n", version: "2.41.1", patch: "2.41.3", minor: "2.42.0", major: null },
      ...{ rebuilt: null, held: false, notes: [] },
    });
  });

  test("what the catalog says of another major version", () => {
    const { notes } = check(placementOf("user1-n8n"), "2.41.1", ["3.0.1"], []);
    expect(notes).toEqual([expect.stringMatching(/^3\.0\.1: From 2 to 3: see the breaking changes/)]);
    const qdrant = check(placementOf("shared-qdrant"), "v1.19.0", ["v2.0.0"], []);
    expect(qdrant.notes).toEqual(["v2.0.0: see the release notes"]);
  });

  test("that a version failed before, as long as nobody has come to it since", () => {
    const failure = pastMove({ toVersion: "2.41.3", outcome: "went-back" });
    const notesAfter = (...moves: UpgradeInstance[]) =>
      check(placementOf("user2-n8n"), "2.41.1", ["2.41.3", "2.42.0"], moves).notes;
    expect(notesAfter(failure)).toEqual(["2.41.3 failed before"]);
    const success = pastMove({ toVersion: "2.41.3", startedAt: "2026-11-21T03:00:00.000Z" });
    expect(notesAfter(failure, success)).toEqual([]);
    expect(notesAfter({ ...failure, service: "flowise" })).toEqual([]);
  });

  test("which minor version comes first, where none is skipped", () => {
    const notesOf = (...tags: string[]) => check(placementOf("shared-qdrant"), "v1.19.0", tags, []).notes;
    expect(notesOf("v1.20.0", "v1.20.2", "v1.21.0")).toEqual([
      "v1.20.2 comes before v1.21.0: no minor version is skipped",
    ]);
    expect(notesOf("v1.20.0", "v1.20.2")).toEqual([]);
    expect(check(placementOf("user1-n8n"), "2.41.1", ["2.42.0", "2.43.0"], []).notes).toEqual([]);
  });

  test("that it is held", () => {
    const held = example.replace(
      "user2: { node: user2 }",
      "user2: { node: user2, services: { n8n: { version: 2.40.7, hold: true } } }",
    );
    expect(check(placementOf("user2-n8n", held), "2.40.7", ["2.41.3"], [])).toMatchObject({
      held: true,
      minor: "2.41.3",
    });
  });
});
