import { type AddressInfo, createServer, type Server } from "node:net";
import { once } from "node:events";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { StandbyContainer, StandbyEngine } from "../docker/standby-engine.ts";
import { silentLog } from "../log.ts";
import { ensureInstance } from "../operations/instance-ensure.ts";
import { ResourceLocks } from "../operations/locks.ts";
import type { FakeEngine } from "../testing/fake-engine.ts";
import { engineWith, health, specOf, waiting } from "../testing/web-instance.ts";
import { openRuleset } from "./redirect.ts";
import { Standbys } from "./standbys.ts";

let engine: FakeEngine;
let told: string[];
let memory: number;
let redirectFails: Error | null;
/** As Docker's proxy listens for the standby. */
let proxy: Server;
let proxyPort: number;

const context = {
  signal: new AbortController().signal,
  progress: ({ line }: { line: string }) => void told.push(line),
};

beforeEach(async () => {
  proxy = createServer().listen(0);
  await once(proxy, "listening");
  proxyPort = (proxy.address() as AddressInfo).port;
  engine = engineWith("1", "2");
  told = [];
  memory = 2 ** 40;
  redirectFails = null;
});

afterEach(() => {
  proxy.close();
});

/** The standby is a container of the fake engine like any other. */
const containers: StandbyEngine = {
  create: (spec, container) =>
    engine.createContainer({ ...spec, instance: "" }, { ...container, ports: [] }, "standby"),
  list: async () =>
    [...engine.containers.values()]
      .filter(({ name }) => name === "standby")
      .map(({ id, state }): StandbyContainer => {
        const ports = [{ container: 80, host: proxyPort }];
        return { id, instance: "user1-web", isRunning: state === "running", ports };
      }),
};

const redirects = {
  open: async () => {
    if (redirectFails !== null) throw redirectFails;
    engine.changes.push("redirect");
  },
  close: async () => void engine.changes.push("redirect no more"),
  instances: async () => [],
};

/** At a port that nothing on this machine holds. */
function sideBySide(version: string): InstanceSpec {
  const spec = specOf(version);
  const ports = [{ container: 80, host: 1 }];
  return { ...spec, containers: spec.containers.map((one) => ({ ...one, health, ports, sideBySide: true as const })) };
}

/** From version 1 to 2. Returns what was done for it. */
async function exchange(): Promise<string[]> {
  const availableMemory = () => memory;
  const standbys = new Standbys({ engine, standbys: containers, redirects, availableMemory, log: silentLog });
  await ensureInstance(engine, sideBySide("2"), context, { ...waiting, standbys });
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
  ["its port cannot be redirected", () => void (redirectFails = new Error("no nft"))],
  ["Docker's proxy does not listen for it", () => void proxy.close()],
])("goes on without when %s, and leaves nothing of it", async (_, prevent) => {
  await running();
  prevent();
  expect((await exchange()).filter((change) => !change.endsWith("standby"))).toEqual([
    ...usual,
    "remove user1-web.previous",
  ]);
  expect(engine.states).toEqual(["user1-web running"]);
  expect(told.at(-2)).toMatch(/^user1-web: it does not answer while it is exchanged: /);
});

it("clears away what was left, with the port that leads to it first", async () => {
  await engine.createContainer(specOf("1"), sideBySide("1").containers[0]!, "standby");
  engine.changes.length = 0;
  const left = { ...redirects, instances: async () => ["user1-web"] };
  const availableMemory = () => memory;
  const standbys = new Standbys({ engine, standbys: containers, redirects: left, availableMemory, log: silentLog });
  await standbys.clearLeftovers(new ResourceLocks());
  expect(engine.changes).toEqual(["redirect no more", "remove standby"]);
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
