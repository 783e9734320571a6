import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startNode, type TestNode } from "./testing/node.ts";
import { eventually, type Running } from "./testing/processes.ts";
import { containerSpec, instanceSpec } from "./testing/specs.ts";

let node: TestNode;
let agent: Running;

const serve = ["httpd", "-f", "-p", "80", "-h", "/www"];

beforeAll(async () => {
  node = await startNode();
  await node.docker.importImage("test/web:1", serve);
  await node.docker.importImage("test/slow:1", ["sh", "-c", "sleep 3; exec httpd -f -p 80 -h /www"]);
  await node.docker.importImage("test/crashing:1", ["sh", "-c", "sleep 1; exit 3"]);
  await node.enrol();
  agent = node.startAgent();
  await node.controller.connected();
});
afterAll(async () => {
  await node.stop();
});
afterEach(({ task }) => {
  if (task.result?.state === "fail") process.stderr.write(agent.output());
});

async function restartAgent(signal: NodeJS.Signals): Promise<void> {
  await agent.kill(signal);
  await eventually("the controller to notice", () => !node.controller.isConnected);
  agent = node.startAgent();
  await node.controller.connected();
}

async function stateOf(instance: string): Promise<string | undefined> {
  const { instances } = await node.controller.observe();
  return instances.find((observed) => observed.instance === instance)?.state;
}

describe("an agent that is killed", () => {
  it("carries an operation on under the same id, and performs it once", async () => {
    const { controller } = node;
    const image = "test/slow:1";
    const spec = instanceSpec({ hash: "slow", containers: [containerSpec({ image, health: slowHealth() })] });
    const id = controller.operation("instance.ensure", spec);
    await eventually("the container to run", async () => {
      const [container] = await node.docker.client.listContainers();
      return container?.Names.includes("/user1-web");
    });
    const [before] = await node.docker.client.listContainers();
    await restartAgent("SIGKILL");
    expect(controller.all("hello").at(-1)?.journal).toMatchObject([{ id }]);
    expect(await controller.outcome(id)).toMatchObject({ status: "succeeded" });
    const after = await node.docker.client.listContainers({ all: true });
    expect(after.map(({ Id }) => Id)).toEqual([before?.Id]);
    expect(controller.all("result").filter((result) => result.id === id)).toHaveLength(1);
  });

  it("keeps a result until it is acknowledged", async () => {
    const { controller } = node;
    controller.settings.acknowledge = false;
    const id = controller.operation("instance.remove", { node: "user1", instance: "user1-none", volumes: true });
    expect(await controller.outcome(id)).toEqual({ status: "succeeded", output: { removed: false } });
    controller.settings.acknowledge = true;
    await restartAgent("SIGKILL");
    expect(controller.all("hello").at(-1)?.journal).toEqual([{ id, state: "done" }]);
    await eventually("the result again", () => controller.all("result").filter((one) => one.id === id).length === 2);
    // Answered after the acknowledgement was taken.
    await controller.observe();
    await restartAgent("SIGTERM");
    expect(controller.all("hello").at(-1)?.journal).toEqual([]);
  });
});

describe("a node without its controller", () => {
  it("is held to its desired state, and tells afterwards what happened", async () => {
    const { controller } = node;
    await eventually("the instance to be healthy", async () => (await stateOf("user1-web")) === "healthy");
    await agent.kill("SIGKILL");
    await node.docker.client.getContainer("user1-web").remove({ force: true });
    const events = controller.all("events").length;
    controller.settings.welcome = false;
    agent = node.startAgent();
    await eventually("the container to be made again", async () => {
      const [container] = await node.docker.client.listContainers();
      return container?.Names.includes("/user1-web") && container.State === "running";
    });
    expect(controller.all("events")).toHaveLength(events);
    controller.settings.welcome = true;
    await node.controller.connected(60_000);
    const told = await eventually("the drift to be told", () => {
      const bodies = controller
        .all("events")
        .slice(events)
        .flatMap((message) => message.events.map(({ body }) => body));
      return bodies.find((body) => body.kind === "drift");
    });
    expect(told).toEqual({
      kind: "drift",
      instance: "user1-web",
      what: ["container user1-web is missing"],
      mended: true,
    });
  });

  it("numbers events in one row over all its lives", () => {
    const sequences = node.controller.all("events").flatMap(({ events }) => events.map(({ sequence }) => sequence));
    const distinct = [...new Set(sequences)].toSorted((a, b) => a - b);
    expect(distinct).toEqual(distinct.map((_, position) => position + 1));
  });

  it("only reports drift where the fleet says so", async () => {
    const { controller } = node;
    controller.settings.drift = "report";
    await restartAgent("SIGTERM");
    await eventually("the instance to be healthy", async () => (await stateOf("user1-web")) === "healthy");
    await node.docker.client.getContainer("user1-web").update({ Memory: 32 * 1024 * 1024, MemorySwap: -1 });
    const drift = "user1-web has a memory limit of 32 MiB instead of 64 MiB";
    await eventually("the drift to be told", () => {
      const bodies = controller.all("events").flatMap(({ events }) => events.map(({ body }) => body));
      return bodies.some((body) => body.kind === "drift" && !body.mended && body.what.includes(drift));
    });
    expect((await controller.observe()).instances[0]?.drift).toEqual([drift]);
    controller.settings.drift = "mend";
    await restartAgent("SIGTERM");
    await eventually("the drift to be mended", async () => {
      return (await controller.observe()).instances[0]?.drift.length === 0;
    });
  });

  it("keeps samples of that time", async () => {
    const { controller } = node;
    controller.send({ type: "sampling", intervalSeconds: 0.2, batchSeconds: 1 });
    controller.settings.welcome = false;
    const from = Date.now();
    controller.drop();
    await delay(3000);
    controller.settings.welcome = true;
    await controller.connected();
    await eventually("samples of the time without a controller", () => {
      const frames = controller.all("samples").flatMap(({ batch }) => batch.frames);
      return frames.filter(({ at }) => at > from && at < from + 2500).length >= 10;
    });
  });
});

describe("a Docker engine that is killed", () => {
  /** It serves after 3 s, so that the kill falls before its start, into the wait for its health, and near its end. */
  it.each([0, 400, 2200, 3500])("%i ms into a replacement costs time, and not the operation", async (moment) => {
    const { controller, docker } = node;
    const containers = [containerSpec({ image: "test/slow:1", env: { MOMENT: `${moment}` }, health: slowHealth() })];
    const hash = `killed-${moment}`;
    const id = controller.operation("instance.ensure", instanceSpec({ hash, containers }), { deadlineSeconds: 120 });
    await eventually("the operation to begin", () => controller.all("accepted").some((accepted) => accepted.id === id));
    await delay(moment);
    await docker.kill();
    await docker.restart();
    expect(await controller.outcome(id, 120_000)).toMatchObject({ status: "succeeded" });
    await eventually("the instance to be healthy", async () => (await stateOf("user1-web")) === "healthy");
    expect((await controller.observe()).instances).toMatchObject([{ instance: "user1-web", hash }]);
    const all = await docker.client.listContainers({ all: true });
    expect(all.map(({ Names: names, State: state }) => [names, state])).toEqual([[["/user1-web"], "running"]]);
  });

  it("is no excuse for a container that ends by itself", async () => {
    const { controller, docker } = node;
    const containers = [containerSpec({ image: "test/crashing:1", health: slowHealth() })];
    const spec = instanceSpec({ hash: "crashing", containers });
    const id = controller.operation("instance.ensure", spec, { deadlineSeconds: 120 });
    await eventually("the operation to begin", () => controller.all("accepted").some((accepted) => accepted.id === id));
    await delay(1000);
    await docker.kill();
    await docker.restart();
    const outcome = await controller.outcome(id, 60_000);
    expect(outcome).toMatchObject({ status: "failed", error: { code: "instance.unhealthy" } });
    await eventually("the former container to be healthy", async () => (await stateOf("user1-web")) === "healthy");
  });

  it("is reported, and followed again when it is back", async () => {
    const { controller, docker } = node;
    await docker.kill();
    await eventually("Docker to be reported", () => {
      return controller.all("events").some(({ events }) => {
        return events.some(({ body }) => body.kind === "docker" && body.state === "unreachable");
      });
    });
    const unseen = { instances: [], images: [], firewall: null, docker: "unreachable" };
    expect(await controller.observe()).toEqual(unseen);
    await docker.restart();
    await eventually(
      "the instance to be healthy again",
      async () => (await stateOf("user1-web")) === "healthy",
      60_000,
    );
  });
});

function slowHealth() {
  return { ...containerSpec().health, startPeriodSeconds: 30 };
}
