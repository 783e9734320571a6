import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startNode, type TestNode } from "./testing/node.ts";
import { eventually, type Running } from "./testing/processes.ts";
import { containerSpec, instanceSpec } from "./testing/specs.ts";

let node: TestNode;
let agent: Running | undefined;

const serve = ["httpd", "-f", "-p", "80", "-h", "/www"];

beforeAll(async () => {
  node = await startNode();
  await node.docker.importImage("test/web:1", serve);
  await node.docker.importImage("test/web:2", [...serve, "-v"]);
  await node.docker.importImage("test/broken:1", ["sh", "-c", "echo password=$DB_PASSWORD; exit 3"]);
});
afterAll(async () => {
  await node.stop();
});

afterEach(({ task }) => {
  if (task.result?.state === "fail") process.stderr.write(agent?.output() ?? "");
});

describe("enrolment", () => {
  it("refuses a controller whose CA is not the token's", async () => {
    const { code, output } = await node.enrol(node.controller.joinToken("0".repeat(64)));
    expect(output).toContain("is not the controller that made this join token");
    expect(code).toBe(5);
    expect(existsSync(join(node.stateDirectory, "identity.pem"))).toBe(false);
  });

  it("buys a certificate, keeps it from others and removes the token", async () => {
    const { code, output } = await node.enrol();
    expect(output).toBe(`Enrolled as user1 with ${node.controllerUrl}.\n`);
    expect(code).toBe(0);
    expect((await stat(node.stateDirectory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(node.stateDirectory, "identity.pem"))).mode & 0o777).toBe(0o600);
    expect(existsSync(join(node.directory, "token"))).toBe(false);
  });

  it("says so when it is enrolled already", async () => {
    const { code, output } = await node.enrol();
    expect(output).toBe(`Already enrolled as user1 with ${node.controllerUrl}.\n`);
    expect(code).toBe(0);
  });
});

describe("a connected agent", () => {
  it("says hello with its facts", async () => {
    agent = node.startAgent();
    await node.controller.connected();
    const [hello] = node.controller.all("hello");
    expect(hello).toMatchObject({ node: "user1", journal: [], facts: { dockerVersion: expect.any(String) } });
  });

  it("makes an instance and observes it", async () => {
    const { controller } = node;
    const image = controller.operation("image.ensure", { node: "user1", image: "test/web:1", registryCa: null });
    expect(await controller.outcome(image)).toMatchObject({ status: "succeeded", output: { pulled: false } });
    const id = controller.operation("instance.ensure", instanceSpec());
    expect(await controller.outcome(id)).toMatchObject({ status: "succeeded", output: { changed: true } });
    const { instances, images, docker } = await controller.observe();
    expect(docker).toBe("running");
    expect(images).toContain("test/web:1");
    expect(images).toContain("docker.io/test/web:1");
    expect(instances).toMatchObject([
      { instance: "user1-web", tenant: "user1", version: "1", hash: "hash-1", state: "healthy", drift: [] },
    ]);
    // Told once it is healthy, and never as missing while it was being made.
    const told = () =>
      controller
        .all("events")
        .flatMap(({ events }) => events.map(({ body }) => body))
        .flatMap((body) => (body.kind === "instance.state" ? [body.instance.state] : []));
    await eventually("the event of its health", () => told().at(-1) === "healthy");
    expect(told()).not.toContain("missing");
  });

  it("does not touch what is as it should be", async () => {
    const { controller } = node;
    const before = await controller.observe();
    const id = controller.operation("instance.ensure", instanceSpec());
    expect(await controller.outcome(id)).toMatchObject({ status: "succeeded", output: { changed: false } });
    expect((await controller.observe()).instances).toEqual(before.instances);
  });

  it("answers the same id from the journal", async () => {
    const { controller } = node;
    const id = randomUUID();
    const operation = { node: "user1", image: "test/web:1", registryCa: null };
    controller.operation("image.ensure", operation, { id });
    const first = await controller.outcome(id);
    controller.operation("image.ensure", { ...operation, image: "test/none:1" }, { id });
    const results = await eventually("the second answer", () => {
      const found = controller.all("result").filter((result) => result.id === id);
      return found.length === 2 && found;
    });
    expect(results.map(({ outcome }) => outcome)).toEqual([first, first]);
  });

  it("restarts an instance, which stays the container it was", async () => {
    const { controller } = node;
    const [before] = (await controller.observe()).instances;
    const id = controller.operation("instance.restart", { node: "user1", instance: "user1-web" });
    expect(await controller.outcome(id)).toMatchObject({ status: "succeeded" });
    const [after] = (await controller.observe()).instances;
    expect(after).toMatchObject({ state: "healthy", drift: [], containers: [{ id: before?.containers[0]?.id }] });
    expect(after?.containers[0]?.startedAt).not.toBe(before?.containers[0]?.startedAt);
  });

  it("tells what the time of an operation went into", async () => {
    const { controller } = node;
    // Another one at each attempt, so that there is something to do.
    const changed = randomUUID();
    const spec = instanceSpec({ hash: changed, containers: [containerSpec({ env: { CHANGED: changed } })] });
    const startedAt = Date.now();
    const { outcome, phases = [] } = await controller.result(controller.operation("instance.ensure", spec));
    const took = Date.now() - startedAt;
    expect(outcome).toMatchObject({ status: "succeeded", output: { changed: true } });
    const told = phases.map(({ name }) => name);
    const order = ["wait its turn", "create", "stop", "start", "wait until healthy", "remove"];
    expect(order.filter((name) => told.includes(name))).toEqual(told);
    // Where the machine is fast, others are too short to be told.
    expect(told).toContain("stop");
    // One after the other, within the operation, and most of it.
    for (const [index, { at, milliseconds }] of phases.entries()) {
      expect(at).toBeGreaterThanOrEqual(startedAt - 5);
      expect(at + milliseconds).toBeLessThanOrEqual((phases[index + 1]?.at ?? startedAt + took) + 5);
    }
    const covered = phases.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    expect(covered / took).toBeGreaterThan(0.7);
  });

  it("replaces a container behind the health gate", async () => {
    const { controller } = node;
    const spec = instanceSpec({ version: "2", hash: "hash-2", containers: [containerSpec({ image: "test/web:2" })] });
    const outcome = await controller.outcome(controller.operation("instance.ensure", spec));
    expect(outcome).toMatchObject({ status: "succeeded", output: { changed: true } });
    const { instances } = await controller.observe();
    expect(instances).toMatchObject([{ version: "2", hash: "hash-2", state: "healthy" }]);
    expect(await names()).toEqual(["user1-web"]);
  });

  it("puts the former container back when the new one fails, and shows its log without secrets", async () => {
    const { controller } = node;
    const container = containerSpec({ image: "test/broken:1", env: { DB_PASSWORD: "hunter2hunter2" } });
    const spec = instanceSpec({ version: "3", hash: "hash-3", containers: [container] });
    const outcome = await controller.outcome(controller.operation("instance.ensure", spec));
    expect(outcome).toMatchObject({ status: "failed", error: { code: "instance.unhealthy" } });
    expect(JSON.stringify(outcome)).toContain("password=[REDACTED]");
    expect(JSON.stringify(outcome)).not.toContain("hunter2");
    expect(await names()).toEqual(["user1-web"]);
    await eventually("the former container to be healthy", async () => {
      const [instance] = (await controller.observe()).instances;
      return instance?.hash === "hash-2" && instance.state === "healthy";
    });
  });

  it("mends what somebody stopped", async () => {
    const { controller } = node;
    await node.docker.client.getContainer("user1-web").stop({ t: 0 });
    await eventually("the drift to be mended", () =>
      controller.all("events").some(({ events }) => events.some(({ body }) => body.kind === "drift" && body.mended)),
    );
    await eventually("the container to be healthy", async () => {
      return (await controller.observe()).instances[0]?.state === "healthy";
    });
  });

  it("stops at SIGTERM", async () => {
    await agent?.kill("SIGTERM");
    expect(agent?.child.exitCode).toBe(0);
  });
});

async function names(): Promise<string[]> {
  const containers = await node.docker.client.listContainers({ all: true });
  return containers.flatMap(({ Names: all }) => all.map((name) => name.slice(1))).toSorted();
}
