import type { IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Account } from "@berth/shared/api/accounts";
import type { RunChange } from "@berth/shared/api/run-change";
import { beforeEach, describe, expect, test } from "vitest";
import { scopeOfTenant } from "../accounts/scope.ts";
import { watchAccount } from "./authenticate.ts";
import type { LiveEvent } from "./live.ts";
import { createNarrowing } from "./live-scope.ts";
import { instances, nodes, placements, samples, status } from "./testing/two-tenants.ts";

const counts = { waiting: 0, running: 1, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
const run: RunChange = {
  ...{ id: 3, kind: "apply", account: "admin", state: "running", endedAt: null, counts, steps: [] },
  createdAt: "2026-11-24T06:00:00.000Z",
};

describe("the live stream of a tenant's account", () => {
  let scope = scopeOfTenant("user1", placements);
  beforeEach(() => void (scope = scopeOfTenant("user1", placements)));

  test("has its own changes, and nobody else's", () => {
    const narrow = createNarrowing(() => scope);
    const event = (name: string): LiveEvent => ({
      ...{ topic: "status", event: "instance" },
      data: instances.find((one) => one.name === name) ?? instances[0]!,
    });
    expect(narrow({ topic: "status", event: "status", data: status })?.data).toMatchObject({
      instances: [{ name: "user1-n8n" }, { name: "user1-flowise" }],
    });
    expect(narrow(event("user1-n8n"))).toEqual(event("user1-n8n"));
    expect(narrow(event("user2-n8n"))).toBeNull();
    const shown = nodes.map((data) => narrow({ topic: "status", event: "node", data })?.data);
    expect(shown.slice(0, 2)).toMatchObject([
      { name: "user1", vmid: 7 },
      { name: "both", facts: null },
    ]);
    expect(shown.slice(2)).toEqual([undefined, undefined]);
    const crowded = nodes.map((node) => ({ ...node, containersRunning: 1200 }));
    const told = crowded.map((data) => narrow({ topic: "status", event: "node", data })?.data);
    expect(told.map((data) => data !== undefined && "containersRunning" in data)).toEqual([true, false, false, false]);
    const measured = samples.map((data) => narrow({ topic: "samples", event: "samples", data })?.data);
    expect(measured[0]).toMatchObject({ node: "user1", containers: [{ name: "user1-n8n" }] });
    expect(measured.slice(1)).toEqual([undefined, undefined, undefined]);
    const phases = { run: 3, step: "image.ensure/a", phases: [] };
    expect(narrow({ topic: "runs", event: "run.phases", data: phases })).toBeNull();
    expect(narrow({ topic: "runs", event: "run.change", data: run })).toBeNull();
    expect(narrow({ topic: "status", event: "alerts", data: { firing: 1, critical: 1 } })).toBeNull();
  });

  test("tells of an instance that is gone if it told of it before, though it is in no scope any more", () => {
    const narrow = createNarrowing(() => scope);
    narrow({ topic: "status", event: "status", data: status });
    scope = scopeOfTenant("user1", []);
    const gone = (name: string): LiveEvent => ({ topic: "status", event: "instance.gone", data: { name } });
    expect(narrow(gone("user1-n8n"))).toEqual(gone("user1-n8n"));
    expect(narrow(gone("user2-n8n"))).toBeNull();
  });

  test("tells of a node that is gone if it told of it before, and once", () => {
    const narrow = createNarrowing(() => scope);
    const gone = (name: string): LiveEvent => ({ topic: "status", event: "node.gone", data: { name } });
    expect(narrow(gone("user1"))).toBeNull();
    narrow({ topic: "status", event: "status", data: status });
    scope = scopeOfTenant("user1", []);
    expect(narrow(gone("user1"))).toEqual(gone("user1"));
    expect(narrow(gone("user1"))).toBeNull();
    expect([narrow(gone("user2")), narrow(gone("shared"))]).toEqual([null, null]);
    scope = scopeOfTenant("user1", placements);
    for (const data of nodes) narrow({ topic: "status", event: "node", data });
    expect([narrow(gone("user1")), narrow(gone("user2"))]).toEqual([gone("user1"), null]);
  });
});

test("a stream ends once its account is another one, or gone", async () => {
  let account: Account | null = { name: "vera", role: "viewer", tenant: null };
  const over = new AbortController();
  const ended: string[] = [];
  const vera = account;
  const request = { headers: { authorization: "Bearer token" }, method: "GET" } as IncomingMessage;
  const access = { trusted: false, authenticate: async () => account };
  const watch = () =>
    watchAccount(request, vera, access, {
      signal: over.signal,
      everyMilliseconds: 5,
      onChange: () => ended.push("ended"),
    });
  watch();
  await pause(50);
  expect(ended).toEqual([]);
  account = { name: "vera", role: "tenant", tenant: "user1" };
  await expect.poll(() => ended.length).toBeGreaterThan(0);
  over.abort();
  account = null;
  const seen = ended.length;
  await pause(50);
  expect(ended.length).toBe(seen);
});
