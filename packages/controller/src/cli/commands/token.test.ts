import {
  createAccessToken,
  listAccessTokens,
  removeAccessToken,
  type AccessToken,
} from "@berth/shared/api/access-tokens";
import { whoAmI } from "@berth/shared/api/accounts";
import Fastify from "fastify";
import { expect, test } from "vitest";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController, type TestController } from "../testing/controller.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";

const made: AccessToken = {
  ...{ account: "anna", name: "ci", role: "viewer", createdAt: "2026-11-20T00:00:00.000Z" },
  ...{ expiresAt: "2027-02-18T00:00:00.000Z", usedAt: "2026-11-24T04:31:12.000Z" },
};

async function start(): Promise<TestController & { asked: unknown[] }> {
  const asked: unknown[] = [];
  const controller = await startTestController((app) => {
    serveEndpoint(app, whoAmI, async () => ({ name: "anna", role: "operator" as const, tenant: null }));
    serveEndpoint(app, createAccessToken, async ({ body, request }) => {
      asked.push({ ...body, authorization: request.headers.authorization });
      return { ...made, usedAt: null, token: "berth_pat_secret" };
    });
    serveEndpoint(app, removeAccessToken, async ({ params }) => {
      asked.push(params);
      return params;
    });
    serveEndpoint(app, listAccessTokens, async () => ({
      tokens: [made, { ...made, name: "old", expiresAt: made.createdAt, usedAt: null }],
    }));
  });
  return Object.assign(controller, { asked });
}

function run(controller: TestController, ...words: string[]) {
  return runInTest(["token", ...words, "--controller", controller.address]);
}

test("a new token alone is on stdout, so that it can be piped", async () => {
  await using controller = await start();
  const { stdout, stderr } = await run(controller, "create", "ci", "--role", "viewer");
  expect(stdout).toBe("berth_pat_secret\n");
  expect(stderr).toBe("Access token ci of account anna, role viewer, until 2027-02-18T00:00:00.000Z:\n");
  expect(controller.asked).toEqual([{ name: "ci", role: "viewer", days: 90 }]);
});

test("one without an end cannot be asked for", async () => {
  await using controller = await start();
  expect((await run(controller, "create", "ci", "--days", "0")).exitCode).toBe(2);
  expect((await run(controller, "create", "ci", "--days", "3650")).exitCode).toBe(2);
  expect(controller.asked).toEqual([]);
});

test("removing takes one of one's own, unless an account is named", async () => {
  await using controller = await start();
  expect((await run(controller, "remove", "ci")).stdout).toBe("Ended access token ci of account anna.\n");
  await run(controller, "remove", "ci", "--account", "vera");
  expect(controller.asked).toEqual([
    { account: "anna", name: "ci" },
    { account: "vera", name: "ci" },
  ]);
});

test("the list tells until when, and when each was used", async () => {
  await using controller = await start();
  const { stdout } = await run(controller, "list");
  expect(stdout).toMatch(/^TOKEN +ACCOUNT +ROLE +ENDS +LAST USED$/m);
  expect(stdout).toMatch(/^ci +anna +viewer +2027-02-18 +2h 00m ago$/m);
  expect(stdout).toMatch(/^old +anna +viewer +expired +never$/m);
});

test("commands send the token of the environment, as they would a login's", async () => {
  const seen: (string | undefined)[] = [];
  const app = Fastify({ forceCloseConnections: true });
  app.get(listAccessTokens.path, async ({ headers }) => {
    seen.push(headers.authorization);
    return { tokens: [] };
  });
  const origin = await app.listen({ host: "127.0.0.1", port: 0 });
  const environment = { BERTH_CONTROLLER: origin, BERTH_TOKEN: "berth_pat_secret" };
  const { exitCode } = await runInTest(["token", "list"], createTestTerminal({ environment }));
  expect([exitCode, seen]).toEqual([0, ["Bearer berth_pat_secret"]]);
  await app.close();
});

test("a token in the environment is not passed over where it would not count", async () => {
  const environment = { BERTH_CONTROLLER: "unix:/run/nowhere.sock", BERTH_TOKEN: "berth_pat_secret" };
  const { exitCode, stderr } = await runInTest(["token", "list"], createTestTerminal({ environment }));
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("a Unix socket asks for no token")]);
});
