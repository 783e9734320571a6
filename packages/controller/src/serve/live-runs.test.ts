/** What of a run reaches those who look at the fleet, and those who look at that run: over real connections. */
import { EventEmitter } from "node:events";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { buildApp } from "../api/app.ts";
import { idleDependencies } from "../api/testing/dependencies.ts";
import type { Hub } from "../agents/types.ts";
import type { Runner } from "../runs/runner.ts";
import { createGates, startPlan, useRunners, type Gates } from "../runs/test-fixtures.ts";
import { imageOperation, planOf } from "../runs/test-plans.ts";
import { createLiveChanges } from "./live-changes.ts";

interface Told {
  event: string;
  data: { id?: number; steps?: object[]; phases?: { name: string }[] };
  bytes: number;
}

const stepCount = 200;
const plan = planOf(...Array.from({ length: stepCount }, (_, index) => imageOperation(`i${index}`)));
const fixture = useRunners();

let gates: Gates;
let runner: Runner;
let app: FastifyInstance;
let address: string;
let leaving: AbortController;

beforeEach(async () => {
  gates = createGates();
  runner = fixture.runnerWith(gates.handler, { concurrency: { total: 2 } });
  const live = createLiveChanges({
    ...{ inventory: fixture.inventory, runner, fleetName: async () => "valuechain" },
    hub: { events: new EventEmitter(), setSampling: () => undefined } as unknown as Hub,
    alerts: { events: new EventEmitter(), count: () => ({ firing: 0, critical: 0 }) },
    onFleetChange: () => undefined,
    onFailure: (error) => expect.unreachable(String(error)),
  });
  const authenticate = async () => ({ name: "vera", role: "viewer", tenant: null }) as const;
  const options = { access: { trusted: false, authenticate }, logger: pino({ level: "silent" }) };
  app = await buildApp({ ...idleDependencies, live }, { ...options, pageDirectory: null, https: null });
  address = await app.listen({ port: 0, host: "127.0.0.1" });
  leaving = new AbortController();
});
afterEach(async () => {
  leaving.abort();
  await app.close();
});

/** What one who looks is told, from now on. */
async function look(query: string): Promise<Told[]> {
  const told: Told[] = [];
  const headers = { authorization: "Bearer x" };
  const response = await fetch(`${address}/api/live?topics=runs${query}`, { signal: leaving.signal, headers });
  void read(response, told).catch((error: unknown) => expect(leaving.signal.aborted, String(error)).toBe(true));
  return told;
}

async function read(response: Response, told: Told[]): Promise<void> {
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    const messages = (text + piece).split("\n\n");
    text = messages.pop() ?? "";
    for (const message of messages) {
      const [, event, data] = /^event: (.+)\ndata: (.+)$/.exec(message) ?? [];
      if (event !== undefined && data !== undefined)
        told.push({ event, data: JSON.parse(data), bytes: message.length });
    }
  }
}

const named = (told: Told[], name: string) => told.filter(({ event }) => event === name);

it("a run is told whole once, then only the steps that changed; phases reach only who looks at that run", async () => {
  const fleet = await look("");
  const id = await startPlan(runner, plan);
  await vi.waitFor(() => expect(named(fleet, "run")).toHaveLength(1));
  const own = await look(`&run=${id}`);
  await vi.waitFor(() => expect(named(own, "run")[0]?.data.steps).toHaveLength(stepCount));
  gates.contexts.get("i0")?.phases?.([{ name: "pull", at: Date.now() + 5, milliseconds: 900 }]);
  await vi.waitFor(() => expect(named(own, "run.phases")[0]?.data.phases).toMatchObject([{ name: "pull" }]));
  gates.open("i0");
  const ended = { id: "image.ensure/i0", state: "succeeded" };
  const begun = { id: "image.ensure/i2", state: "running" };
  for (const told of [fleet, own]) {
    await vi.waitFor(() => expect(named(told, "run.change").at(-1)?.data.steps).toMatchObject([ended, begun]));
    expect(named(told, "run")).toHaveLength(1);
    for (const { bytes } of named(told, "run.change")) expect(bytes).toBeLessThan(1500);
    expect(JSON.stringify([named(told, "run"), named(told, "run.change")])).not.toContain("phases");
  }
  expect(named(fleet, "run.phases")).toEqual([]);
  await runner.cancel(id, "admin");
});

it("who comes while a run goes on has it whole, without the phases that the API tells", async () => {
  const id = await startPlan(runner, plan);
  await vi.waitFor(() => expect(gates.contexts.has("i0")).toBe(true));
  gates.contexts.get("i0")?.phases?.([{ name: "pull", at: Date.now() + 5, milliseconds: 900 }]);
  const own = await look(`&run=${id}`);
  await vi.waitFor(() => expect(named(own, "run")[0]?.data.steps?.[0]).toMatchObject({ state: "running" }));
  expect(named(own, "run")[0]?.data.steps?.[0]).not.toHaveProperty("phases");
  expect((await runner.get(id)).steps[0]?.phases).toMatchObject([{ name: "pull" }]);
  await runner.cancel(id, "admin");
});
