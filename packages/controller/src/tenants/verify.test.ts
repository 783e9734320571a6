import { beforeEach, expect, test } from "vitest";
import { exampleFleet, desiredOptions } from "../plan/test-fixtures.ts";
import { desiredState } from "../plan/desired.ts";
import type { DesiredNeed } from "../plan/desired-needs.ts";
import type { OperationContext } from "../runs/handlers.ts";
import { createTenantVerifyHandler, type VerifyDependencies } from "./verify.ts";

const fleet = exampleFleet();
let tried: [string, string][];
let opened: (own: DesiredNeed, foreign: DesiredNeed) => boolean;
let failing: string | undefined;
let lines: string[];

beforeEach(() => {
  tried = [];
  lines = [];
  opened = () => false;
  failing = undefined;
});

const dependencies: VerifyDependencies = {
  fleet: async () => fleet,
  desired: (of) => desiredState(of, desiredOptions),
  routes: async () =>
    ["user1", "user2"].map((tenant) => ({
      host: `test-${tenant}-n8n.example.org`,
      url: "",
      service: "n8n",
      tenant,
      instance: `${tenant}-n8n`,
      servers: [],
      healthCheck: null,
      state: "published" as const,
      reason: null,
      suspended: false,
    })),
  testRoutes: async (hosts) =>
    hosts.map((host) =>
      host === failing
        ? { host, outcome: "failed" as const, status: 502, milliseconds: 3, reason: "answered with 502" }
        : { host, outcome: "answered" as const, status: 200, milliseconds: 3, reason: null },
    ),
  opens: async (_, own, foreign) => {
    tried.push([own.target, foreign.target]);
    return opened(own, foreign);
  },
};

function verify() {
  const context: OperationContext<"tenant.verify"> = {
    operationId: "id",
    attempt: 1,
    input: { tenant: "user1" },
    node: null,
    deadlineSeconds: 10,
    log: (line) => void lines.push(line),
    signal: new AbortController().signal,
  };
  return createTenantVerifyHandler(dependencies)(context);
}

test("tries each of the tenant's credentials on what is of every other, and on none of its own", async () => {
  const { checks } = await verify();
  expect(tried).toContainEqual(["user1_n8n", "user2_n8n"]);
  expect(tried).toContainEqual(["user1_n8n", "user3_flowise"]);
  expect(tried).toContainEqual(["user1_flowise", "postgres"]);
  expect(tried).toContainEqual(["user1_flowise", "template1"]);
  expect(tried.every(([own, foreign]) => own.startsWith("user1") && !foreign.startsWith("user1"))).toBe(true);
  expect(checks).toBe(tried.length + 1);
});

test("fails with what the tenant gets into", async () => {
  opened = (_, foreign) => foreign.target === "user2_n8n";
  await expect(verify()).rejects.toThrow("user1-n8n gets into database user2_n8n, which is not its own");
});

test("fails with the route that does not answer, and looks at no route of others", async () => {
  failing = "test-user2-n8n.example.org";
  await verify();
  failing = "test-user1-n8n.example.org";
  await expect(verify()).rejects.toThrow("test-user1-n8n.example.org does not answer: answered with 502");
});
