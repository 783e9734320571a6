import { startInstances, stopInstances } from "@berth/shared/api/instances";
import type { Account } from "@berth/shared/api/accounts";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { buildApp } from "./app.ts";
import { idleDependencies } from "./testing/dependencies.ts";

const accounts: Record<string, Account> = {
  operator: { name: "olga", role: "operator", tenant: null },
  admin: { name: "anna", role: "admin", tenant: null },
};
let app: FastifyInstance;
let asked: unknown[];
beforeEach(() => void (asked = []));

beforeAll(async () => {
  const note = (what: string) => (names: readonly string[], options: unknown) => {
    asked.push([what, names, options]);
    return Promise.resolve({ plan: { operations: [], warnings: [] }, run: null });
  };
  const stops = { stop: note("stop"), start: note("start") };
  const dependencies = { ...idleDependencies, instances: { ...idleDependencies.instances, stops } };
  const authenticate = (token: string) => Promise.resolve(accounts[token] ?? null);
  app = await buildApp(dependencies, {
    ...{ logger: pino({ level: "silent" }), https: null, pageDirectory: null },
    access: { trusted: false, authenticate },
  });
});
afterAll(() => app.close());

const post = (url: string, token: string, payload: object) =>
  app.inject({ method: "POST", url, headers: { authorization: `Bearer ${token}` }, payload });

test.each([
  ["stop", stopInstances.path],
  ["start", startInstances.path],
])("%s changes the desired state, which is an admin's, by name", async (what, url) => {
  expect((await post(url, "operator", { of: ["user1-n8n"] })).statusCode).toBe(403);
  expect((await post(url, "admin", { of: [] })).statusCode).toBe(400);
  expect(asked).toEqual([]);
  const { statusCode, body } = await post(url, "admin", { of: ["user1-n8n"], dryRun: true });
  expect([statusCode, JSON.parse(body)]).toEqual([200, { plan: { operations: [], warnings: [] }, run: null }]);
  expect(asked).toEqual([[what, ["user1-n8n"], { account: "anna", dryRun: true }]]);
});
