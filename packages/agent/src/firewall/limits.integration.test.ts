/** Limits of connections as the kernel counts them, on a port of the node's own and on one that Docker translates. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FirewallRule, FirewallSpec } from "@berth/shared/operations/firewall-ensure";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { firewallSpec, keepFirewall, makeFirewall, never, type TestFirewall } from "../testing/firewall.ts";
import { type Lan, makeLan, runInside } from "../testing/lan.ts";
import type { Namespace } from "../testing/namespace.ts";
import { expectEcho, opens, openTo, type Peer, startEcho, startPeer } from "../testing/peers.ts";
import { eventually } from "../testing/processes.ts";
import type { Firewall } from "./firewall.ts";

const addresses = { shared: "10.99.0.10", tenant: "10.99.0.11", other: "10.99.0.12" } as const;
const ports = { translated: 5432, own: 5433 } as const;
const connections = 3;

let lan: Lan;
let shared: Namespace;
let tenant: Namespace;
let other: Namespace;
let directory: string;
let listeners: Peer[] = [];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-limits-"));
  lan = await makeLan();
  shared = await lan.addNode(addresses.shared);
  const container = await lan.addContainer(shared, ports.translated);
  tenant = await lan.addNode(addresses.tenant);
  other = await lan.addNode(addresses.other);
  listeners = await Promise.all([startEcho(container, 80), startEcho(shared, ports.own)]);
});
afterAll(async () => {
  for (const listener of listeners) await listener.kill("SIGKILL");
  await lan.remove();
  await rm(directory, { recursive: true, force: true });
});

let made: TestFirewall;
let firewall: Firewall;
beforeEach(() => {
  made = makeFirewall(shared, directory);
  ({ firewall } = made);
});

/** Both addresses may open the ports, each so many at a time; `further`: a port more, so that the rules are others. */
function limited(ofPorts: readonly number[], further: number[] = []): FirewallSpec {
  const networks = [addresses.tenant, addresses.other];
  return firewallSpec({
    inbound: [
      ...ofPorts.map((port): FirewallRule => ({ networks, ports: [port], verdict: "drop", connections })),
      { networks, ports: [...ofPorts, ...further], verdict: "accept" },
      { networks: null, ports: null, verdict: "drop" },
    ],
  });
}

async function openUpTo(count: number, from: Namespace, port: number): Promise<Peer[]> {
  return Promise.all(Array.from({ length: count }, async () => openTo(from, addresses.shared, port)));
}

const another = async (from: Namespace, port: number) => opens(from, addresses.shared, port);

describe.each(Object.entries(ports))("a limit at a port (%s)", (_, port) => {
  it("holds for each address by itself, and counts what is open, not what was", async () => {
    await firewall.ensure(limited([port]), never);
    const [first] = await openUpTo(connections, tenant, port);
    expect(await another(tenant, port)).toBe(false);
    expect(await another(other, port)).toBe(true);
    await first?.kill("SIGKILL");
    await eventually("room for another one", async () => another(tenant, port));
    expect(await another(tenant, port)).toBe(false);
  });

  it("cuts nothing that is open, when it comes and when the rules are replaced", async () => {
    const open = await openUpTo(connections + 2, tenant, port);
    await firewall.ensure(limited([port]), never);
    for (const connection of open) await expectEcho(connection, "first");
    await firewall.ensure(limited([port], [22]), never);
    for (const connection of open) await expectEcho(connection, "second");
  });

  it("is not got round by a reset that ends on the way", async () => {
    await firewall.ensure(limited([port]), never);
    await openUpTo(connections - 1, tenant, port);
    const forged = startPeer(tenant, "reset", addresses.shared, port);
    await forged.hears("open");
    await runInside(tenant, [
      "nft",
      "table ip forged { chain output { type filter hook output priority 0; tcp flags rst ip ttl set 1; }\n}",
    ]);
    onTestFinished(async () => {
      await runInside(tenant, ["nft", "delete table ip forged"]);
    });
    forged.say("now");
    await forged.hears("reset");
    expect(await another(tenant, port)).toBe(false);
  });
});

it("counts each limit by itself", async () => {
  await firewall.ensure(limited([ports.translated, ports.own]), never);
  await openUpTo(connections, tenant, ports.translated);
  expect(await another(tenant, ports.translated)).toBe(false);
  expect(await another(tenant, ports.own)).toBe(true);
});

it("leaves the table as it was put in force, whatever is counted in it", async () => {
  const spec = limited([ports.translated]);
  await firewall.ensure(spec, never);
  const { keeper, told } = await keepFirewall(made);
  await openUpTo(connections, tenant, ports.translated);
  expect(await another(tenant, ports.translated)).toBe(false);
  expect(await runInside(shared, ["nft", "list", "table", "inet", "berth"])).toContain(addresses.tenant);
  expect(await keeper.observe()).toBe(spec.hash);
  expect(await firewall.ensure(spec, never)).toEqual({ changed: false });
  expect(told).toEqual([]);
});
