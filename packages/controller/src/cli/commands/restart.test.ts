import { restartInstances } from "@berth/shared/api/instances";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController } from "../testing/controller.ts";
import { runInTest } from "../testing/terminal.ts";

const operation = {
  ...{ id: "instance.restart/user1/user1-n8n", kind: "instance.restart" as const, change: "restart" as const },
  ...{ node: "user1", target: "user1-n8n", reason: "asked for", after: [] },
  input: { node: "user1", instance: "user1-n8n" },
};

test("restart --plan shows what would be restarted", async () => {
  const asked: unknown[] = [];
  await using controller = await startTestController((app) =>
    serveEndpoint(app, restartInstances, async ({ body }) => {
      asked.push(body);
      return { plan: { operations: [operation], warnings: [] }, run: null };
    }),
  );
  const words = ["restart", "user1-n8n", "user2", "--plan", "--controller", controller.address];
  const { exitCode, stdout, stderr } = await runInTest(words);
  expect({ exitCode, stdout }, stderr).toEqual({
    exitCode: 0,
    stdout: `user1
  @ restart instance user1-n8n  asked for

1 operation on 1 node: 1 to restart.
`,
  });
  expect(asked).toEqual([{ of: ["user1-n8n", "user2"], dryRun: true }]);
});

test("restart needs a name", async () => {
  expect((await runInTest(["restart"])).exitCode).toBe(2);
});
