import type { Account } from "@berth/shared/api/accounts";
import { getSamples } from "@berth/shared/api/metrics";
import { containerColumns, nodeColumns } from "@berth/shared/metrics/samples";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { scopeOfTenant } from "../accounts/scope.ts";
import { SampleRing } from "../metrics/sample-ring.ts";
import { buildApp } from "./app.ts";
import { placements } from "./testing/two-tenants.ts";
import { idleDependencies } from "./testing/dependencies.ts";

const begin = Date.parse("2026-11-24T12:00:00Z");
const nodeRow = nodeColumns.map((_, column) => column);
const containerRow = containerColumns.map((_, column) => column + 0.25);
const ring = new SampleRing({ clock: { now: () => begin }, instanceOf: (_node, container) => container });
const recent = vi.fn(async (query: { seconds: number; node?: string }) => ring.recent(query));
let app: FastifyInstance;

function fill(node: string, names: readonly string[], frames: number): void {
  const rows = names.map(() => containerRow);
  for (let ago = frames; ago > 0; ago -= 1) {
    ring.add(
      node,
      { containers: [...names], frames: [{ at: begin - ago * 1000, node: nodeRow, containers: rows }] },
      0,
    );
  }
}

beforeAll(async () => {
  fill("user1", ["user1-n8n", "user1-flowise"], 3);
  fill("user2", ["user2-n8n"], 2);
  fill(
    "many",
    Array.from({ length: 500 }, (_, index) => `c${index}`),
    300,
  );
  const authenticate = async (name: string): Promise<Account> =>
    name === "tina" ? { name, role: "tenant", tenant: "user1" } : { name, role: "viewer", tenant: null };
  const access = { trusted: false, authenticate, scopeOf: (tenant: string) => scopeOfTenant(tenant, placements) };
  app = await buildApp(
    { ...idleDependencies, samples: { recent } },
    { access, logger: pino({ level: "silent" }), pageDirectory: null, https: null },
  );
});
afterAll(() => app.close());

const ask = (query: string, account = "vera") =>
  app.inject({ url: `/api/samples?${query}`, headers: { authorization: `Bearer ${account}` } });

it("answers what the contract says, and what the ring has", async () => {
  const answer = await ask("seconds=7200");
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(getSamples.response.parse(answer.json()).nodes).toEqual(ring.recent({ seconds: 7200 }));
  expect((await ask("seconds=10&node=user2")).json().nodes).toEqual(ring.recent({ seconds: 10, node: "user2" }));
  expect((await ask("seconds=10&node=nobody")).json()).toEqual({ nodes: [] });
});

it("gives a tenant its own, and no answer that was written for others", async () => {
  const [all, own] = [await ask("seconds=20"), await ask("seconds=20", "tina")];
  expect(all.json().nodes).toHaveLength(3);
  expect(own.json().nodes.map(({ node }: { node: string }) => node)).toEqual(["user1"]);
});

it("writes once what many ask for at the same moment, and lets others in between", async () => {
  recent.mockClear();
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask("seconds=300")));
  clearInterval(counting);
  expect(new Set(answers.map(({ body }) => body.length)).size).toBe(1);
  expect(recent).toHaveBeenCalledTimes(1);
  // 150 000 rows in pieces of 2000.
  expect(turns).toBeGreaterThan(20);
});
