import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { beforeEach, expect, it } from "vitest";
import type { StandbyContainer, StandbyEngine } from "../docker/standby-engine.ts";
import { silentLog } from "../log.ts";
import { ensureInstance } from "../operations/instance-ensure.ts";
import { ResourceLocks } from "../operations/locks.ts";
import type { FakeEngine } from "../testing/fake-engine.ts";
import { engineWith, health, specOf, waiting } from "../testing/web-instance.ts";
import { openRuleset } from "./redirect.ts";
import { Standbys } from "./standbys.ts";
import { untold } from "../operations/phases.ts";

let engine: FakeEngine;
let told: string[];
let memory: number;
let redirectFails: Error | null;
let isProxied: boolean;
/** Names of the instances whose port leads elsewhere. */
let redirected: Set<string>;

const context = {
  signal: new AbortController().signal,
  progress: ({ line }: { line: string }) => void told.push(line),
  phase: untold,
};

beforeEach(() => {
  isProxied = true;
  redirected = new Set();
  engine = engineWith("1", "2");
  told = [];
  memory = 2 ** 40;
  redirectFails = null;
});

/** The standby is a container of the fake engine like any other. */
const containers: StandbyEngine = {
  create: (spec, container) =>
    engine.createContainer({ ...spec, instance: "" }, { ...container, ports: [] }, "standby"),
  list: async () =>
    [...engine.containers.values()]
      .filter(({ name }) => name === "standby")
      .map(({ id, state }): StandbyContainer => {
        const ports = [{ container: 80, host: 49_153 }];
        return { id, instance: "user1-web", isRunning: state === "running", ports };
      }),
};

const redirects = {
  open: async (instance: string) => {
    // nft may have done it although it was cut off.
    if (redirectFails !== null) redirected.add(instance);
    if (redirectFails !== null) throw redirectFails;
    engine.changes.push("redirect");
    redirected.add(instance);
  },
  close: async (instance: string) => {
    engine.changes.push("redirect no more");
    redirected.delete(instance);
  },
  instances: async () => [...redirected],
};

function makeStandbys(): Standbys {
  return new Standbys({
    ...{ engine, standbys: containers, redirects, log: silentLog },
    availableMemory: () => memory,
    isProxied: async () => isProxied,
  });
}

/** At a port that nothing on this machine holds. */
function sideBySide(version: string): InstanceSpec {
  const spec = specOf(version);
  const ports = [{ container: 80, host: 1 }];
  return { ...spec, containers: spec.containers.map((one) => ({ ...one, health, ports, sideBySide: true as const })) };
}

/** From version 1 to 2. Returns what was done for it. */
async function exchange(): Promise<string[]> {
  await ensureInstance(engine, sideBySide("2"), context, { ...waiting, standbys: makeStandbys() });
  return engine.changes;
}

async function running(): Promise<void> {
  await ensureInstance(engine, sideBySide("1"), context, waiting);
  engine.changes.length = 0;
}

const usual = [
  "create user1-web.next",
  "stop user1-web",
  "rename user1-web user1-web.previous",
  "rename user1-web.next user1-web",
  "start user1-web",
];

it("has a standby answer before anything stops, until its successor is healthy", async () => {
  await running();
  expect(await exchange()).toEqual([
    "create standby",
    "start standby",
    "redirect",
    ...usual,
    "redirect no more",
    "stop standby",
    "remove standby",
    "remove user1-web.previous",
  ]);
});

it("makes none for what does not run: nobody is answered in any case", async () => {
  await running();
  for (const { id } of engine.containers.values()) await engine.stopContainer(id);
  engine.changes.length = 0;
  expect(await exchange()).not.toContain("create standby");
});

it("makes none where there is no memory for two, and says so", async () => {
  memory = 1024;
  await running();
  expect(await exchange()).toEqual([...usual, "remove user1-web.previous"]);
  expect(told).toContain(
    "user1-web: it does not answer while it is exchanged: the node has no memory for another user1-web beside it",
  );
});

it.each([
  ["its port cannot be redirected, or was and nobody was told", () => void (redirectFails = new Error("no nft"))],
  ["Docker's proxy does not listen for it", () => void (isProxied = false)],
])("goes on without when %s, and leaves nothing of it", async (_, prevent) => {
  await running();
  prevent();
  const done = (await exchange()).filter((change) => !/standby$|^redirect/.test(change));
  expect(done).toEqual([...usual, "remove user1-web.previous"]);
  expect(engine.states).toEqual(["user1-web running"]);
  expect(redirected).toEqual(new Set());
  expect(told.at(-2)).toMatch(/^user1-web: it does not answer while it is exchanged: /);
});

it("makes none among the containers of a composite instance", async () => {
  await running();
  const composite = (version: string): InstanceSpec => {
    const spec = sideBySide(version);
    return { ...spec, containers: [...spec.containers, ...specOf(version, ["user1-web-worker"]).containers] };
  };
  await ensureInstance(engine, composite("2"), context, { ...waiting, standbys: makeStandbys() });
  expect(engine.changes).not.toContain("create standby");
});

/** As an agent leaves it that is killed while it answers. */
async function leftStandby(): Promise<void> {
  const [container] = sideBySide("2").containers;
  if (container === undefined) throw new Error("The specification has no container");
  const id = await containers.create(sideBySide("2"), container);
  await engine.startContainer(id);
  redirected.add("user1-web");
  engine.changes.length = 0;
}

it("carries on behind one that an attempt before has made, at the port that it has now", async () => {
  await running();
  await leftStandby();
  expect(await exchange()).toEqual([
    "redirect",
    ...usual,
    "redirect no more",
    "stop standby",
    "remove standby",
    "remove user1-web.previous",
  ]);
});

it("closes what leads to one that is gone before anything else", async () => {
  await running();
  redirected.add("user1-web");
  expect((await exchange())[0]).toBe("redirect no more");
});

it("clears away what was left, with the port that leads to it first, and tells of which instance", async () => {
  await leftStandby();
  const cleared: string[] = [];
  await makeStandbys().clearLeftovers(new ResourceLocks(), (instance) => cleared.push(instance));
  expect(engine.changes).toEqual(["redirect no more", "stop standby", "remove standby"]);
  expect(cleared).toEqual(["user1-web"]);
});

it("redirects what comes from outside and from the node itself, in one transaction that may be repeated", () => {
  expect(openRuleset("user1-web", [{ host: 8081, to: 49_153 }])).toBe(`add table ip berth-standby-user1-web
delete table ip berth-standby-user1-web
table ip berth-standby-user1-web {
chain prerouting {
type nat hook prerouting priority -101; policy accept;
fib daddr type local tcp dport 8081 redirect to :49153
}
chain output {
type nat hook output priority -101; policy accept;
fib daddr type local tcp dport 8081 redirect to :49153
}
}
`);
});
