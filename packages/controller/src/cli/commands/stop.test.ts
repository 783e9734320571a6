import { startInstances, stopInstances } from "@berth/shared/api/instances";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController } from "../testing/controller.ts";
import { createTestTerminal, runInTest, type TestTerminalOptions } from "../testing/terminal.ts";

const removal = {
  ...{ id: "instance.remove/user1/user1-n8n", kind: "instance.remove" as const, change: "remove" as const },
  ...{ node: "user1", target: "user1-n8n", reason: "it is suspended; what it holds is kept", after: [] },
  input: { node: "user1", instance: "user1-n8n", volumes: false },
};

async function controllerWith(operations: (typeof removal)[]) {
  const asked: unknown[] = [];
  const controller = await startTestController((app) => {
    for (const endpoint of [stopInstances, startInstances]) {
      serveEndpoint(app, endpoint, async ({ body }) => {
        asked.push([endpoint.path, body]);
        return { plan: { operations, warnings: ["user1-openwebui uses n8n and will be without it"] }, run: null };
      });
    }
  });
  const berth = (words: string[], options: TestTerminalOptions = {}) =>
    runInTest([...words, "--controller", controller.address], createTestTerminal(options));
  return { asked, berth, [Symbol.asyncDispose]: () => controller[Symbol.asyncDispose]() };
}

const stopping = (dryRun: boolean) => ["/api/instances/stop", { of: ["user1-n8n"], dryRun }];

test("stop --plan shows what would be taken down", async () => {
  await using world = await controllerWith([removal]);
  const { exitCode, stdout, stderr } = await world.berth(["stop", "user1-n8n", "--plan"]);
  expect({ exitCode, stdout }, stderr).toEqual({
    exitCode: 0,
    stdout: `user1
  - remove instance user1-n8n  it is suspended; what it holds is kept

1 operation on 1 node: 1 to remove.
warning: user1-openwebui uses n8n and will be without it
`,
  });
  expect(world.asked).toEqual([stopping(true)]);
});

test("stop asks first, takes --yes where there is nobody to ask, and changes nothing without either", async () => {
  await using world = await controllerWith([removal]);
  const refused = await world.berth(["stop", "user1-n8n"]);
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("Give --yes") });
  const declined = await world.berth(["stop", "user1-n8n"], { tty: true, input: "n\n" });
  expect(declined.stderr).toContain("Stop 1 instance? [y/N]");
  expect(world.asked).toEqual([stopping(true), stopping(true)]);
  await world.berth(["stop", "user1-n8n"], { tty: true, input: "y\n" });
  await world.berth(["stop", "user1-n8n", "--yes"]);
  expect(world.asked.slice(2)).toEqual([stopping(true), stopping(false), stopping(false)]);
});

test("what is stopped leaves nothing to do, and nothing to ask", async () => {
  await using world = await controllerWith([]);
  const { exitCode, stdout } = await world.berth(["stop", "user1-n8n"]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain("Nothing to do");
});

test("start asks nobody, and has JSON for scripts", async () => {
  await using world = await controllerWith([]);
  const { stdout } = await world.berth(["start", "user1-n8n", "user2-n8n", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ operations: [], run: null });
  expect(world.asked).toEqual([["/api/instances/start", { of: ["user1-n8n", "user2-n8n"], dryRun: false }]]);
});
