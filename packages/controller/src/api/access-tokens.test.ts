import type { AccessToken } from "@berth/shared/api/access-tokens";
import type { Account } from "@berth/shared/api/accounts";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { buildApp } from "./app.ts";
import { idleDependencies } from "./testing/dependencies.ts";

const path = "/api/access-tokens";
const anna: Account = { name: "anna", role: "viewer", tenant: null };
const made: AccessToken & { token: string } = {
  ...{ account: "anna", name: "ci", role: "viewer", token: "berth_pat_new", usedAt: null },
  ...{ createdAt: "2026-11-24T00:00:00.000Z", expiresAt: "2026-12-24T00:00:00.000Z" },
};

let app: FastifyInstance;
let asked: unknown[] = [];

beforeAll(async () => {
  const accessTokens = {
    create: async (...request: unknown[]) => {
      asked.push(request);
      return made;
    },
    list: async () => [made],
    remove: async (...request: unknown[]) => {
      asked.push(request);
    },
  };
  app = await buildApp(
    { ...idleDependencies, accessTokens },
    {
      access: { trusted: false, authenticate: async (token) => (token.endsWith("wrong") ? null : anna) },
      logger: pino({ level: "silent" }),
      pageDirectory: null,
      https: null,
    },
  );
});
afterAll(() => app.close());
beforeEach(() => {
  asked = [];
});

function post(token: string, payload: object) {
  return app.inject({ method: "POST", url: path, headers: { authorization: `Bearer ${token}` }, payload });
}

test("whoever is logged in makes one, which is told in this answer alone", async () => {
  const answer = await post("berth_login", { name: "ci" });
  expect([answer.statusCode, answer.json()]).toEqual([200, made]);
  expect(asked).toEqual([[{ name: "ci", days: 90 }, anna]]);
  const listed = await app.inject({ url: path, headers: { authorization: "Bearer berth_login" } });
  expect(listed.json().tokens).toHaveLength(1);
  expect(listed.body).not.toContain(made.token);
});

test("an access token makes none, so that its end is one, and ends none that may do more", async () => {
  const headers = { authorization: "Bearer berth_pat_old" };
  const answers = [
    await post("berth_pat_old", { name: "ci" }),
    await app.inject({ method: "DELETE", url: `${path}/anna/deploy`, headers }),
  ];
  for (const answer of answers) expect([answer.statusCode, answer.json().error.code]).toEqual([403, "forbidden"]);
  expect(asked).toEqual([]);
});

test("whoever is logged in ends one", async () => {
  const headers = { authorization: "Bearer berth_login" };
  const answer = await app.inject({ method: "DELETE", url: `${path}/anna/deploy`, headers });
  expect(answer.json()).toEqual({ account: "anna", name: "deploy" });
  expect(asked).toEqual([[{ account: "anna", name: "deploy" }, anna]]);
});

test.each([
  ["without a name", {}],
  ["with one that is none", { name: "a b" }],
  ["without an end", { name: "ci", days: 0 }],
  ["of a tenant's role", { name: "ci", role: "tenant" }],
])("one %s is refused", async (_, payload) => {
  expect((await post("berth_login", payload)).statusCode).toBe(400);
  expect(asked).toEqual([]);
});

test("without a login there is none", async () => {
  expect((await post("wrong", { name: "ci" })).statusCode).toBe(401);
});

test("what is refused is said of the token, and not of its account", async () => {
  const headers = { authorization: "Bearer berth_pat_old" };
  expect((await app.inject({ url: "/api/fleet", headers })).json().error.message).toBe(
    "This needs the role 'admin'; the access token of account 'anna' has 'viewer'",
  );
  const of = async (authorization: string) =>
    (await app.inject({ url: path, headers: { authorization } })).json().error.message;
  expect(await of("Bearer berth_pat_wrong")).toBe("The access token is not known, or has ended");
  expect(await of("Bearer wrong")).toBe("The token is not known, or has ended");
  expect((await app.inject({ url: path })).json().error.message).toBe("This needs an account");
});
