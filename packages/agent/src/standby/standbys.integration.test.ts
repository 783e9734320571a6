/** Exchanges without a gap, as clients see them: a neighbour's, the node's own and a container's; on a real Docker engine. */
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectDirectly, runInside } from "../testing/lan.ts";
import { makeNamespace, type Namespace } from "../testing/namespace.ts";
import { startNode, type TestNode } from "../testing/node.ts";
import { type Peer, startPeer } from "../testing/peers.ts";
import { eventually, type Running } from "../testing/processes.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";

const addresses = { node: "10.99.0.10", neighbour: "10.99.0.11" } as const;
const port = 8080;
const serve = ["httpd", "-f", "-p", "80", "-h", "/www"];

let node: TestNode;
let neighbour: Namespace;
let agent: Running;
let versions = 0;

beforeAll(async () => {
  node = await startNode();
  neighbour = await makeNamespace();
  await connectDirectly(node.namespace, neighbour, [addresses.node, addresses.neighbour]);
  await node.docker.importImage("test/web:1", serve);
  await node.docker.importImage("test/slow:1", ["sh", "-c", "sleep 3; exec httpd -f -p 80 -h /www"]);
  await node.docker.importImage("test/broken:1", ["httpd", "-f", "-p", "81", "-h", "/www"]);
  await node.enrol();
  agent = node.startAgent();
  await node.controller.connected();
  const accepted = { networks: [addresses.neighbour], ports: [port], verdict: "accept" };
  const others = { networks: ["10.99.0.0/24"], ports: null, verdict: "drop" };
  await perform("firewall.ensure", { node: "user1", hash: "rules", inbound: [accepted, others], outbound: [] });
});
afterAll(async () => {
  await node.stop();
  await neighbour.remove();
});
beforeEach(async () => {
  await perform("instance.ensure", version());
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") process.stderr.write(agent.output().slice(-4000));
  expect(await leftovers()).toEqual([]);
});

/** Made otherwise than any before it. */
function version(overrides: { image?: string; sideBySide?: true } = { sideBySide: true }): InstanceSpec {
  versions += 1;
  const name = String(versions);
  return instanceSpec({
    version: name,
    hash: name,
    containers: [containerSpec({ env: { VERSION: name }, ...overrides })],
  });
}

async function perform(kind: string, input: unknown): Promise<void> {
  const id = node.controller.operation(kind, input);
  expect(await node.controller.outcome(id)).toMatchObject({ status: "succeeded" });
}

/** What a standby is made of. */
async function leftovers(): Promise<string[]> {
  const containers = await node.docker.client.listContainers({ all: true, filters: { label: ["berth.standby"] } });
  const tables = await runInside(node.namespace, ["nft", "list", "tables", "ip"]);
  return [...containers.flatMap(({ Names }) => Names), ...(tables.match(/berth-standby\S*/g) ?? [])];
}

async function count(peer: Peer): Promise<{ answered: number; failed: number; last: string }> {
  const heard = peer.output().length;
  peer.say("");
  const line = await eventually("a count", () => /^\{.*\}$/m.exec(peer.output().slice(heard))?.[0]);
  return JSON.parse(line) as { answered: number; failed: number; last: string };
}

async function asking(from: Namespace, host: string): Promise<Peer> {
  const peer = startPeer(from, "ask", host, port);
  await eventually("the first answers", async () => (await count(peer)).answered > 10);
  return peer;
}

/** The operation's log has the line. */
async function told(id: string, line: string): Promise<void> {
  await eventually(`to be told that ${line}`, () =>
    node.controller.all("progress").some((progress) => progress.id === id && progress.line?.includes(line)),
  );
}

async function inUse(): Promise<{ id: string; version: string }> {
  const { Id: id, Config } = await node.docker.client.getContainer("user1-web").inspect();
  return { id, version: Config.Labels["berth.version"] ?? "" };
}

describe("a container of which two may run side by side", () => {
  it("is exchanged without a gap for its neighbours, its node and the node's containers", async () => {
    const clients = [
      await asking(neighbour, addresses.node),
      await asking(node.namespace, addresses.node),
      await asking(node.namespace, "127.0.0.1"),
    ];
    const wanted = version();
    const id = node.controller.operation("instance.ensure", wanted);
    await told(id, "the standby of user1-web answers");
    expect(await reachesFromContainer()).toBe(true);
    expect(await stateNow()).toBe("healthy");
    expect(await node.controller.outcome(id)).toMatchObject({ status: "succeeded", output: { changed: true } });
    for (const client of clients) expect(await count(client)).toMatchObject({ failed: 0, last: "" });
    expect(await inUse()).toMatchObject({ version: wanted.version });
  });

  it("has a gap without", async () => {
    const client = await asking(neighbour, addresses.node);
    await perform("instance.ensure", version({}));
    expect((await count(client)).failed).toBeGreaterThan(10);
  });

  it("is not touched by a version that does not become healthy", async () => {
    const client = await asking(neighbour, addresses.node);
    const before = await inUse();
    const id = node.controller.operation("instance.ensure", version({ image: "test/broken:1", sideBySide: true }));
    expect(await node.controller.outcome(id)).toMatchObject({
      status: "failed",
      error: { code: "instance.unhealthy", message: expect.stringContaining("What runs was not touched.") },
    });
    expect(await count(client)).toMatchObject({ failed: 0 });
    expect(await inUse()).toEqual(before);
  });

  it("leaves its standby's own port to nobody whom the firewall does not let in", async () => {
    const id = node.controller.operation("instance.ensure", version());
    await told(id, "the standby of user1-web answers");
    const [standby] = await node.docker.client.listContainers({ filters: { label: ["berth.standby"] } });
    const own = standby?.Ports[0]?.PublicPort ?? 0;
    const peer = startPeer(neighbour, "open", addresses.node, own);
    await peer.hears("no answer");
    expect(await node.controller.outcome(id)).toMatchObject({ status: "succeeded" });
  });
});

describe("an exchange that is cut off while a standby answers", () => {
  const slow = () => version({ image: "test/slow:1", sideBySide: true });

  it("by a cancellation: what ran before answers, and nobody has noticed", async () => {
    const client = await asking(neighbour, addresses.node);
    const before = await inUse();
    const id = node.controller.operation("instance.ensure", slow());
    await told(id, "starting user1-web");
    node.controller.send({ type: "cancel", id });
    expect(await node.controller.outcome(id)).toMatchObject({ status: "cancelled" });
    expect(await inUse()).toEqual(before);
    expect(await count(client)).toMatchObject({ failed: 0 });
  });

  it("by a kill of the agent: the next one carries on, and nobody has noticed", async () => {
    const client = await asking(neighbour, addresses.node);
    const wanted = slow();
    const id = node.controller.operation("instance.ensure", wanted);
    await told(id, "starting user1-web");
    await agent.kill("SIGKILL");
    await eventually("the controller to notice", () => !node.controller.isConnected);
    agent = node.startAgent();
    expect(await node.controller.outcome(id)).toMatchObject({ status: "succeeded" });
    expect(await inUse()).toMatchObject({ version: wanted.version });
    expect(await count(client)).toMatchObject({ failed: 0 });
  });

  it("by a kill of Docker: it ends all the same", async () => {
    const wanted = slow();
    const id = node.controller.operation("instance.ensure", wanted);
    await told(id, "starting user1-web");
    await node.docker.kill();
    await node.docker.restart();
    expect(await node.controller.outcome(id)).toMatchObject({ status: "succeeded" });
    expect(await inUse()).toMatchObject({ version: wanted.version });
    const client = await asking(neighbour, addresses.node);
    expect(await count(client)).toMatchObject({ failed: 0 });
  });
});

async function stateNow(): Promise<string | undefined> {
  const { instances } = await node.controller.observe();
  return instances.find(({ instance }) => instance === "user1-web")?.state;
}

/** On Docker's default bridge, as the instance is. */
async function reachesFromContainer(): Promise<boolean> {
  const Cmd = ["busybox", "nc", "-w", "2", addresses.node, String(port)];
  const container = await node.docker.client.createContainer({ Image: "test/web:1", Entrypoint: Cmd, Cmd: [] });
  await container.start();
  const { StatusCode: code } = await container.wait();
  await container.remove({ force: true });
  return code === 0;
}
