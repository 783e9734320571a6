import { createSilence, endSilence, listAlerts, testAlerts, type Alert, type Silence } from "@berth/shared/api/alerts";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController, type TestController } from "../testing/controller.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";

const gone: Alert = {
  ...{ id: "node-gone/user1@x", rule: "node-gone", severity: "critical", labels: { node: "user1", tenant: "user1" } },
  ...{ summary: "The agent of user1 is not connected", description: "It is off.", value: null, state: "firing" },
  ...{ since: "2026-11-24T06:21:12.000Z", firedAt: "2026-11-24T06:23:12.000Z", endedAt: null, wellSince: null },
  ...{ returns: 0, silencedBy: [], told: ["ops"] },
};
const pending: Alert = { ...gone, rule: "drift", state: "pending", summary: "user1-n8n is not as it should be" };
const over: Alert = { ...gone, state: "ended", endedAt: "2026-11-24T06:29:12.000Z" };
const silence: Silence = {
  ...{ id: 3, matchers: { node: "user1", rule: "drift" }, comment: "new disk", account: "anna" },
  ...{ createdAt: "2026-11-24T06:31:12.000Z", endsAt: "2026-11-24T08:31:12.000Z" },
};
const receiver = { kind: "webhook", undelivered: 1, deliveredAt: null, nextAttemptAt: null } as const;

async function start(): Promise<TestController & { asked: unknown[] }> {
  const asked: unknown[] = [];
  const controller = await startTestController((app) => {
    serveEndpoint(app, listAlerts, async () => ({
      ...{ active: [gone, pending], recent: [over], silences: [silence] },
      receivers: [{ ...receiver, name: "ops", problem: "hooks.example.org answered 410 Gone" }],
    }));
    serveEndpoint(app, testAlerts, async ({ body }) => {
      asked.push(body);
      const common = { receiver: "ops", milliseconds: 41 };
      const isFailing = body.receiver === "broken";
      return {
        results: [
          { ...common, delivered: !isFailing, answer: isFailing ? "the mail server is away" : "200 OK: thanks" },
        ],
      };
    });
    serveEndpoint(app, createSilence, async ({ body }) => {
      asked.push(body);
      return silence;
    });
    serveEndpoint(app, endSilence, async ({ params }) => {
      asked.push(params);
      return silence;
    });
  });
  return Object.assign(controller, { asked });
}

function run(controller: TestController, ...words: string[]) {
  const environment = { BERTH_CONTROLLER: controller.address };
  return runInTest(["alert", ...words], createTestTerminal({ environment }));
}

test("the list has what is amiss, what was, and what reaches nobody", async () => {
  await using controller = await start();
  const { stdout, exitCode } = await run(controller, "list");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^critical +node-gone +10m 00s +ops +The agent of user1 is not connected$/m);
  expect(stdout).toMatch(/^2m 00s ago +node-gone +6m 00s +The agent of user1 is not connected$/m);
  expect(stdout).toContain("nothing reaches the receiver ops: hooks.example.org answered 410 Gone");
  expect(stdout).not.toContain("drift");
  expect((await run(controller, "list", "--pending")).stdout).toMatch(/^pending +drift/m);
  expect(JSON.parse((await run(controller, "list", "--json")).stdout)).toMatchObject({ active: [gone, pending] });
});

test("a test message tells what was answered, and fails with the receiver", async () => {
  await using controller = await start();
  const all = await run(controller, "test");
  expect([all.exitCode, all.stdout]).toEqual([0, expect.stringMatching(/^ops +delivered +0\.0s +200 OK: thanks$/m)]);
  const one = await run(controller, "test", "broken");
  expect([one.exitCode, one.stdout]).toEqual([8, expect.stringMatching(/^ops +failed .* the mail server is away$/m)]);
  expect(controller.asked).toEqual([{ receiver: null }, { receiver: "broken" }]);
});

test("a silence is made, listed and ended", async () => {
  await using controller = await start();
  const made = await run(controller, "silence", "--node", "user1", "--for", "90m", "--comment", "new disk");
  expect(made.stdout).toMatch(/^ +3 +rule drift, node user1 +2h 00m +anna +new disk$/m);
  expect((await run(controller, "silences")).stdout).toContain("rule drift, node user1");
  expect((await run(controller, "unsilence", "3")).stdout).toBe("Ended silence 3 of rule drift, node user1.\n");
  expect(controller.asked).toEqual([{ matchers: { node: "user1" }, seconds: 5400, comment: "new disk" }, { id: 3 }]);
});

test.each([
  [["silence"], "Name what is to be silent"],
  [["silence", "--node", "user1", "--for", "soon"], "'soon' is no time."],
  [["unsilence", "all"], "'all' is no number of a silence."],
])("%j is refused", async (words, message) => {
  await using controller = await start();
  const { exitCode, stderr } = await run(controller, ...words);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(controller.asked).toEqual([]);
});
