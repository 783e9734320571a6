/**
 * The rules as the kernel judges by them: nodes and a container in network namespaces of the test's own, with a
 * translated port as Docker makes it. Addresses 10.99.0.x exist only in there.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FirewallRule } from "@berth/shared/operations/firewall-ensure";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { firewallSpec, keepFirewall, makeFirewall, never, type TestFirewall } from "../testing/firewall.ts";
import { containerAddress, type Lan, makeLan, runInside } from "../testing/lan.ts";
import type { Namespace } from "../testing/namespace.ts";
import { expectEcho, expectSilence, opens, openTo, type Peer, startEcho, startPeer } from "../testing/peers.ts";
import { eventually } from "../testing/processes.ts";
import type { Firewall } from "./firewall.ts";

const addresses = { shared: "10.99.0.10", friend: "10.99.0.11", stranger: "10.99.0.12" } as const;
/** Published, and listened to by the container; the node itself listens to 22 as SSH does. */
const hostPort = 8080;
const datagramPort = 9000;

let lan: Lan;
let shared: Namespace;
let container: Namespace;
let friend: Namespace;
let stranger: Namespace;
let directory: string;
let listeners: Peer[] = [];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-firewall-"));
  lan = await makeLan();
  shared = await lan.addNode(addresses.shared);
  container = await lan.addContainer(shared, hostPort);
  friend = await lan.addNode(addresses.friend);
  stranger = await lan.addNode(addresses.stranger);
  listeners = await Promise.all([
    startEcho(container, 80),
    startEcho(shared, 22),
    startEcho(friend, 7000),
    startEcho(friend, 7001),
    startEcho(stranger, 7000),
  ]);
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

const accept = (networks: string[] | null, ports: number[] | null): FirewallRule => ({
  networks,
  ports,
  verdict: "accept",
});
const drop = (networks: string[] | null, ports: number[] | null): FirewallRule => ({
  networks,
  ports,
  verdict: "drop",
});

/** Friends may open the published port and nothing else; the others nothing at all. */
const friendsOnly = [accept([addresses.friend], [hostPort]), drop(["10.99.0.0/24"], null)];

async function receiveIn(namespace: Namespace): Promise<Peer> {
  const receiver = startPeer(namespace, "receive", "0.0.0.0", datagramPort);
  await receiver.hears("listening");
  return receiver;
}

describe("what comes in", () => {
  it("reaches a published port from where it may, and from nowhere else", async () => {
    expect(await opens(stranger, addresses.shared, hostPort)).toBe(true);
    expect(await firewall.ensure(firewallSpec({ inbound: friendsOnly }), never)).toEqual({ changed: true });
    expect(await opens(friend, addresses.shared, hostPort)).toBe(true);
    expect(await opens(stranger, addresses.shared, hostPort)).toBe(false);
  });

  it("does not reach SSH, nor the container's own address and port, from other tenants", async () => {
    for (const node of [friend, stranger]) {
      await runInside(node, ["ip", "route", "replace", `${containerAddress}/32`, "via", addresses.shared]);
      expect(await opens(node, addresses.shared, 22)).toBe(true);
      expect(await opens(node, containerAddress, 80)).toBe(true);
    }
    await firewall.ensure(firewallSpec({ inbound: friendsOnly }), never);
    for (const node of [friend, stranger]) {
      expect(await opens(node, addresses.shared, 22)).toBe(false);
      expect(await opens(node, containerAddress, 80)).toBe(false);
    }
  });

  it("is none of the rules' business when it comes from the node itself or its own containers", async () => {
    await firewall.ensure(firewallSpec({ inbound: [drop(null, null)] }), never);
    expect(await opens(shared, "127.0.0.1", 22)).toBe(true);
    expect(await opens(shared, addresses.shared, 22)).toBe(true);
    expect(await opens(container, addresses.shared, 22)).toBe(true);
    expect(await opens(shared, containerAddress, 80)).toBe(true);
    // Nor are answers to what they have asked for.
    expect(await opens(shared, addresses.friend, 7000)).toBe(true);
    expect(await opens(container, addresses.friend, 7000)).toBe(true);
  });

  it("is judged also when it belongs to a connection that is open already", async () => {
    const before = await openTo(stranger, addresses.shared, hostPort);
    const onSsh = await openTo(stranger, addresses.shared, 22);
    const ofFriend = await openTo(friend, addresses.shared, hostPort);
    for (const connection of [before, onSsh, ofFriend]) await expectEcho(connection, "first");
    await firewall.ensure(firewallSpec({ inbound: friendsOnly }), never);
    for (const connection of [before, onSsh, ofFriend]) connection.say("second");
    await ofFriend.hears("second");
    await Promise.all([before, onSsh].map(expectSilence));
  });

  it("is not answered either: what the node still had to say stays here", async () => {
    const feed = startPeer(container, "feed", "0.0.0.0", 81);
    await runInside(shared, ["nft", "add rule ip nat prerouting tcp dport 8081 dnat to 172.31.0.2:81"]);
    await feed.hears("listening");
    const reader = await openTo(stranger, addresses.shared, 8081);
    await reader.hears("tick");
    await firewall.ensure(firewallSpec({ inbound: [drop([addresses.stranger], [8081])] }), never);
    await expectSilence(reader);
  });

  it("has no way round by IPv6", async () => {
    const link = await runInside(shared, ["ip", "-6", "-o", "address", "show", "dev", "eth0", "scope", "link"]);
    const address = /fe80:[0-9a-f:]+/.exec(link)?.[0];
    await startPeer(shared, "listen", "::", 2222).hears("listening");
    const isOpen = async () => opens(stranger, `${address}%eth0`, 2222);
    await eventually("duplicate address detection to end", isOpen);
    await firewall.ensure(firewallSpec({ inbound: [accept(["10.99.0.0/24"], [2222])] }), never);
    expect(await isOpen()).toBe(false);
    expect(await opens(stranger, addresses.shared, 2222)).toBe(true);
    await firewall.ensure(firewallSpec({ inbound: [accept(null, [2222])] }), never);
    expect(await isOpen()).toBe(true);
  });
});

describe("what goes out of containers", () => {
  const toFriend = [accept([addresses.friend], [7000]), drop(["10.99.0.0/24"], null)];

  it("reaches the ports that it may, and nothing else outside the node", async () => {
    expect(await opens(container, addresses.stranger, 7000)).toBe(true);
    await firewall.ensure(firewallSpec({ outbound: toFriend }), never);
    expect(await opens(container, addresses.friend, 7000)).toBe(true);
    expect(await opens(container, addresses.friend, 7001)).toBe(false);
    expect(await opens(container, addresses.stranger, 7000)).toBe(false);
    // The node's own processes are no containers.
    expect(await opens(shared, addresses.stranger, 7000)).toBe(true);
    expect(await opens(stranger, addresses.shared, hostPort)).toBe(true);
  });

  it("stops in a connection that is open already, in both directions", async () => {
    await startPeer(stranger, "feed", "0.0.0.0", 7002).hears("listening");
    const asking = await openTo(container, addresses.stranger, 7000);
    const reading = await openTo(container, addresses.stranger, 7002);
    await expectEcho(asking, "first");
    await reading.hears("tick");
    await firewall.ensure(firewallSpec({ outbound: toFriend }), never);
    asking.say("second");
    await Promise.all([asking, reading].map(expectSilence));
  });

  it("is dropped whatever its protocol when a rule names no ports", async () => {
    const receiver = await receiveIn(stranger);
    startPeer(container, "send", addresses.stranger, datagramPort);
    await eventually("a datagram", () => receiver.output().includes(addresses.shared));
    await firewall.ensure(firewallSpec({ outbound: toFriend }), never);
    await expectSilence(receiver);
  });

  it("cannot borrow an address of another network", async () => {
    const borrowed = "10.99.0.77";
    await runInside(container, ["ip", "address", "add", `${borrowed}/32`, "dev", "eth0"]);
    const receiver = await receiveIn(stranger);
    startPeer(container, "send", addresses.stranger, datagramPort, borrowed);
    await eventually("a datagram", () => receiver.output().includes(borrowed));
    await firewall.ensure(firewallSpec({ outbound: [accept([addresses.stranger], null)] }), never);
    await expectSilence(receiver);
  });
});

describe("replacing the rules", () => {
  it("opens no gap for who is kept out, and breaks nothing of who is let in", async () => {
    await firewall.ensure(firewallSpec({ inbound: friendsOnly }), never);
    const kept = startPeer(stranger, "storm", addresses.shared, hostPort);
    const through = startPeer(friend, "storm", addresses.shared, hostPort);
    const counts = async (storm: Peer) => {
      const before = storm.output().length;
      storm.say("");
      const text = await eventually("the counts", () => storm.output().slice(before).trim() || null);
      return z.object({ opened: z.number(), failed: z.number() }).parse(JSON.parse(text));
    };
    await eventually("the first connections to fail", async () => (await counts(kept)).failed > 0);
    for (let round = 0; round < 60; round += 1) {
      const extra = accept([`10.99.0.${20 + round}`], [hostPort]);
      await firewall.ensure(firewallSpec({ inbound: [extra, ...friendsOnly] }), never);
    }
    const [out, passed] = [await counts(kept), await counts(through)];
    expect(out.failed).toBeGreaterThan(200);
    expect(passed.opened).toBeGreaterThan(200);
    expect({ gaps: out.opened, broken: passed.failed }).toEqual({ gaps: 0, broken: 0 });
  });

  it("changes nothing when they are in force already, and leaves no table when there are none", async () => {
    const spec = firewallSpec({ inbound: friendsOnly });
    expect(await firewall.ensure(spec, never)).toEqual({ changed: true });
    expect(await firewall.ensure(spec, never)).toEqual({ changed: false });
    expect(await firewall.hashInForce(never)).toBe(spec.hash);
    expect(await firewall.ensure(firewallSpec({}), never)).toEqual({ changed: true });
    expect(await runInside(shared, ["nft", "list", "tables", "inet"])).not.toContain("berth");
    expect(await firewall.hashInForce(never)).toBeNull();
    expect(await firewall.ensure(firewallSpec({}), never)).toEqual({ changed: false });
  });

  it("is what the file for the next boot does, too", async () => {
    const spec = firewallSpec({ inbound: friendsOnly, outbound: [drop([addresses.stranger], null)] });
    await firewall.ensure(spec, never);
    await runInside(shared, ["nft", "delete table inet berth"]);
    expect(await firewall.hashInForce(never)).toBeNull();
    await runInside(shared, ["nft", "-f", join(directory, "firewall.nft")]);
    expect(await firewall.hashInForce(never)).toBe(spec.hash);
  });
});

describe("somebody who changes the table", () => {
  async function keep(drift: "mend" | "report") {
    made.journal.drift = drift;
    const spec = firewallSpec({ inbound: friendsOnly });
    await firewall.ensure(spec, never);
    return { ...(await keepFirewall(made)), spec };
  }

  it.each([
    ["missing", "delete table inet berth"],
    ["missing", "flush ruleset"],
    ["altered", "insert rule inet berth inbound accept"],
    ["altered", "flush chain inet berth inbound"],
  ])("finds it %s after '%s', and the rules in force again", async (drift, command) => {
    const nat = await runInside(shared, ["nft", "list", "table", "ip", "nat"]);
    const { told, spec } = await keep("mend");
    await runInside(shared, ["nft", command]);
    await eventually("it to be mended", () => told.length > 0);
    expect(told).toEqual([{ drift, mended: true }]);
    expect(await firewall.hashInForce(never)).toBe(spec.hash);
    if (command.startsWith("flush ruleset")) await runInside(shared, ["nft", nat]);
    expect(await opens(stranger, addresses.shared, 22)).toBe(false);
  });

  it("is all that has nft asked again what is in force, once its changes are followed", async () => {
    const { keeper, told, spec } = await keep("report");
    const asked = vi.spyOn(made.nft, "readTable");
    const isSeen = async (): Promise<boolean> => {
      asked.mockClear();
      return (await keeper.observe()) === spec.hash && asked.mock.calls.length === 0;
    };
    expect(await isSeen()).toBe(false);
    await eventually("it to be known without asking", isSeen);
    await runInside(shared, ["nft", "insert rule inet berth inbound accept"]);
    await eventually("it to be told", () => told.length > 0);
    expect(told).toEqual([{ drift: "altered", mended: false }]);
    expect(await keeper.observe()).toBeNull();
  });

  it("is told of once, and left alone, where the fleet only reports", async () => {
    const { keeper, told } = await keep("report");
    await runInside(shared, ["nft", "delete table inet berth"]);
    await eventually("it to be told", () => told.length > 0);
    expect(await keeper.observe()).toBeNull();
    expect(await opens(stranger, addresses.shared, 22)).toBe(true);
    expect(told).toEqual([{ drift: "missing", mended: false }]);
    made.journal.drift = "mend";
    keeper.onPolicy();
    await eventually("it to be mended", () => told.length > 1);
    expect(told.at(-1)).toEqual({ drift: "missing", mended: true });
  });
});
