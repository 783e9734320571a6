import { listEvents, type Event } from "@berth/shared/api/events";
import { getStatus } from "@berth/shared/api/status";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController, type TestController } from "../testing/controller.ts";
import { instanceStatus, nodeStatus } from "../testing/fixtures.ts";
import { runInTest } from "../testing/terminal.ts";

const killed: Event = {
  ...{ id: 7, at: "2026-11-23T06:31:02.000Z", recordedAt: "2026-11-24T06:00:00.000Z" },
  ...{ kind: "outOfMemory", node: "user1", instance: "user1-n8n" },
  message: "user1-n8n used up its memory\u001b[2J, and the kernel ended a process in it",
};
const gone: Event = {
  ...{ id: 8, at: "2026-11-24T06:31:02.000Z", recordedAt: "2026-11-24T06:31:02.000Z" },
  ...{ kind: "agent.disconnected", node: "user2", instance: null, message: "The agent left" },
};

async function start(...events: Event[]): Promise<TestController & { asked: Record<string, unknown>[] }> {
  const asked: Record<string, unknown>[] = [];
  const controller = await startTestController((app) => {
    serveEndpoint(app, listEvents, async ({ query }) => {
      asked.push(query);
      return { events };
    });
    serveEndpoint(app, getStatus, async () => ({
      ...{ fleet: "valuechain", nodes: [nodeStatus()], instances: [instanceStatus()] },
    }));
  });
  return Object.assign(controller, { asked });
}

const list = ({ address }: TestController, ...words: string[]) =>
  runInTest(["event", "list", ...words, "--controller", address]);

test("the newest last, each with when it happened", async () => {
  await using controller = await start(gone, killed);
  const { stdout } = await list(controller);
  expect(stdout).toBe(
    `AT                   KIND                NODE   WHAT
2026-11-23 06:31:02  outOfMemory         user1  user1-n8n used up its memory, and the kernel ended a process in it
06:31:02             agent.disconnected  user2  The agent left
`,
  );
});

test("asks for what was chosen", async () => {
  await using controller = await start();
  const chosen = ["--node", "user1", "--instance", "user1-n8n", "--kind", "drift", "--since", "2w", "--limit", "5"];
  expect((await list(controller, ...chosen)).stdout).toBe("Nothing of that kind has happened.\n");
  const [query] = controller.asked;
  expect(query).toMatchObject({ node: "user1", instance: "user1-n8n", kind: "drift", limit: 5 });
  const days = (Date.now() - Date.parse(String(query?.["since"]))) / 86_400_000;
  expect(days).toBeCloseTo(14, 2);
});

test("a kind that there is not is refused with those that there are", async () => {
  await using controller = await start();
  const { exitCode, stderr } = await list(controller, "--kind", "foo");
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("instance.state, instance.gone, drift, firewall")]);
  expect(controller.asked).toEqual([]);
});

test("a name that nothing has is refused, unless something happened to it once", async () => {
  await using controller = await start();
  const { exitCode, stderr, stdout } = await list(controller, "--instance", "user1-n8m");
  expect([exitCode, stdout]).toEqual([3, ""]);
  expect(stderr).toContain("The fleet has no instance 'user1-n8m'");
  expect(stderr).toContain("Did you mean 'user1-n8n'?");
  expect((await list(controller, "--node", "nobody")).stderr).toContain("The fleet has no node 'nobody'");
  await using former = await start(gone);
  expect((await list(former, "--node", "user9")).exitCode).toBe(0);
});

test.each(["2", "-1h", "yesterday", "1.5h"])("refuses %s as a time", async (since) => {
  await using controller = await start();
  const { exitCode, stderr } = await list(controller, `--since=${since}`);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`--since must be a time such as 30m, 24h, 7d or 4w, not '${since}'`);
  expect(controller.asked).toEqual([]);
});
