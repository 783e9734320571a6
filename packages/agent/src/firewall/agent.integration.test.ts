/** The firewall as an agent's process keeps it, over its own end and over a boot. */
import { join } from "node:path";
import type { FirewallSpec } from "@berth/shared/operations/firewall-ensure";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runInside } from "../testing/lan.ts";
import { startNode, type TestNode } from "../testing/node.ts";
import { eventually, type Running } from "../testing/processes.ts";

let node: TestNode;
let agent: Running;

beforeAll(async () => {
  node = await startNode();
  await node.enrol();
  agent = node.startAgent();
  await node.controller.connected();
});
afterAll(async () => {
  await node.stop();
});

const spec: FirewallSpec = {
  node: "user1",
  hash: "hash-1",
  inbound: [{ networks: ["10.99.0.0/24"], ports: [8080], verdict: "drop" }],
  outbound: [],
};

async function ensure(input: FirewallSpec): Promise<unknown> {
  return node.controller.outcome(node.controller.operation("firewall.ensure", input));
}

const nft = async (command: string) => runInside(node.namespace, ["nft", command]);
const told = () =>
  node.controller
    .all("events")
    .flatMap(({ events }) => events.flatMap(({ body }) => (body.kind === "firewall" ? [body] : [])));

it("is put in force once, and observed", async () => {
  expect((await node.controller.observe()).firewall).toBeNull();
  expect(await ensure(spec)).toMatchObject({ status: "succeeded", output: { changed: true } });
  expect(await ensure(spec)).toMatchObject({ status: "succeeded", output: { changed: false } });
  expect((await node.controller.observe()).firewall).toBe("hash-1");
});

it("is there again within moments after somebody deleted it", async () => {
  await nft("delete table inet berth");
  await eventually("it to be told", () => told().length > 0, 5_000);
  expect(told()).toEqual([{ kind: "firewall", drift: "missing", mended: true }]);
  expect((await node.controller.observe()).firewall).toBe("hash-1");
});

it("outlives the agent, and is put in force by the next one with no controller in reach", async () => {
  await agent.kill("SIGKILL");
  expect(await nft("list table inet berth")).toContain("8080");
  await nft("flush chain inet berth inbound");
  await eventually("the controller to notice", () => !node.controller.isConnected);
  node.controller.settings.welcome = false;
  agent = node.startAgent();
  await eventually("the rules", async () => (await nft("list chain inet berth inbound")).includes("8080"));
  node.controller.settings.welcome = true;
  await node.controller.connected(60_000);
  expect((await node.controller.observe()).firewall).toBe("hash-1");
});

it("comes back at a boot by the file alone, and the agent finds it in force", async () => {
  await agent.kill("SIGTERM");
  const before = told().length;
  await nft("flush ruleset");
  await runInside(node.namespace, ["nft", "-f", join(node.stateDirectory, "firewall.nft")]);
  agent = node.startAgent();
  await node.controller.connected();
  expect((await node.controller.observe()).firewall).toBe("hash-1");
  expect(told()).toHaveLength(before);
});

it("is gone when there are no rules", async () => {
  expect(await ensure({ ...spec, inbound: [], hash: "hash-2" })).toMatchObject({ status: "succeeded" });
  expect((await node.controller.observe()).firewall).toBeNull();
  expect(await nft("list tables inet")).not.toContain("berth");
});
