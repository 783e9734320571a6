/** Agents that keep to the shape of the protocol, and say what cannot be. What does not keep to it: fuzzing.test.ts */
import { randomUUID } from "node:crypto";
import { liveSamplesSchema } from "@berth/shared/api/live";
import { containerColumns, nodeColumns } from "@berth/shared/metrics/samples";
import type { AgentMessage } from "@berth/shared/protocol/messages";
import { closeCodes } from "@berth/shared/protocol/close";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeAgent } from "./testing/fake-agent.ts";
import { startHarness, type Credentials, type Harness } from "./testing/harness.ts";
import { observedInstance } from "./testing/node-story.ts";
import { until, within } from "./testing/within.ts";

let harness: Harness;
let credentials: Credentials;
let agent: FakeAgent;
let well: FakeAgent;
/** Whatever the controller says of warnings and above. */
let logged: string[];

beforeEach(async () => {
  logged = [];
  harness = await startHarness(pino({ level: "warn" }, { write: (line) => void logged.push(line) }));
  credentials = await harness.enrol("odd");
  agent = await FakeAgent.join(harness, credentials);
  well = await FakeAgent.join(harness, await harness.enrol("well"));
});
afterEach(() => harness.close());

type Row = (number | null)[];
const nodeRow = (value: number | null): Row => nodeColumns.map(() => value);
const containerRow = (value: number | null): Row => containerColumns.map(() => value);
const frame = (at: number, value: number | null = 1, containers: (Row | null)[] = []) => ({
  ...{ at, node: nodeRow(value), containers },
});
const samples = (containers: string[], ...frames: ReturnType<typeof frame>[]): AgentMessage => ({
  ...{ type: "samples", batch: { containers, frames } },
});
const kept = (node = "odd") => harness.hub.recentSamples({ seconds: 7200, node })[0];

/** The other node's samples come in as ever. */
async function expectUnharmed(): Promise<void> {
  const at = Date.now();
  well.send(samples(["web"], frame(at, 3, [containerRow(3)])));
  await until(() => kept("well")?.frames.at(-1)?.at === at, "the samples of the other node");
  expect(harness.hub.connection("well")?.state).toBe("online");
}

describe("samples", () => {
  it.each([-1, -1e308, 1e308, 2 ** 60])("of %d are as good as not measured, and one line tells", async (value) => {
    const now = Date.now();
    for (let ago = 50; ago > 0; ago -= 1) agent.send(samples(["web"], frame(now - ago, value, [containerRow(value)])));
    agent.send(samples(["web"], frame(now, 2, [containerRow(2)])));
    await agent.settled();
    const { frames, containers } = liveSamplesSchema.parse(kept());
    expect(containers.map(({ name }) => name)).toEqual(["web"]);
    expect(frames).toHaveLength(51);
    expect(frames[0]).toMatchObject({ node: nodeRow(null), containers: [null] });
    expect(frames.at(-1)).toMatchObject({ node: nodeRow(2), containers: [containerRow(2)] });
    expect(logged).toEqual([expect.stringContaining("samples of impossible size")]);
    await expectUnharmed();
  });

  it("of the future are of now, and those of long ago are not needed", async () => {
    const now = Date.now();
    agent.send(samples([], frame(now)));
    for (const at of [-9e15, -1, 0, now + 3_600_000, 9e15]) agent.send(samples([], frame(at)));
    await agent.settled();
    const times = kept()?.frames.map(({ at }) => at) ?? [];
    expect(times).toHaveLength(3);
    for (const at of times) expect(Math.abs(at - Date.now())).toBeLessThan(10_000);
    expect(logged).toEqual([]);
    await expectUnharmed();
  });

  it("of one container twice, or of one moment twice, count once", async () => {
    const now = Date.now();
    agent.send(samples(["web", "web"], frame(now, 1, [containerRow(1), containerRow(2)])));
    agent.send(samples(["web"], frame(now, 5, [containerRow(5)]), frame(now, 6, [containerRow(6)])));
    await agent.settled();
    expect(kept()).toMatchObject({
      containers: [{ name: "web" }],
      frames: [{ at: now, containers: [containerRow(2)] }],
    });
  });

  it("that name a thousand containers, and measure none, take no room for them", async () => {
    const names = Array.from({ length: 1000 }, (_, index) => `c${index}`);
    const now = Date.now();
    const rows = names.map(() => containerRow(1));
    const times = Array.from({ length: 390 }, (_, index) => now - 2 * index);
    agent.send(samples(names, ...times.map((at) => frame(at))));
    agent.send(samples(names, ...times.map((at) => frame(at - 1))));
    agent.send(samples(names, frame(now + 1, 1, rows)));
    // Room for all of them would have let go of half of the frames.
    await until(() => kept()?.frames.length === 781, "the frames");
    expect(kept()?.frames.at(-1)?.containers).toEqual(rows);
  });
});

const event = (at: number) => ({ sequence: 1, at, body: { kind: "docker", state: "running" } as const });
const long = "x".repeat(256);

it.each<[string, AgentMessage]>([
  ["a row of no container", samples([], frame(1, 1, [containerRow(1)]))],
  ["a name that no container has", samples([long])],
  [
    "a thousand names in each of thousands of frames",
    samples(Array.from({ length: 1000 }, String), ...Array.from({ length: 500 }, (_, at) => frame(at))),
  ],
  ["a row with more columns than there are", samples(["web"], frame(1, 1, [[...containerRow(1), 1]]))],
])("%s ends the connection, with one word of why", async (_what, message) => {
  agent.send(message);
  agent.send(message);
  expect(await within(agent.closed, "the close")).toMatchObject({
    ...{ code: closeCodes.invalid, reason: expect.stringMatching(/does not fit the protocol/) },
  });
  const events = await harness.inventory.database.selectFrom("events").selectAll().where("node", "=", "odd").execute();
  expect(events.filter(({ kind }) => kind === "agent.invalid")).toHaveLength(1);
  expect(logged).toEqual([expect.stringContaining("did not say its state")]);
  await expectUnharmed();
  harness.clock.offset += 60_000;
  agent = await FakeAgent.join(harness, credentials);
});

it("a flood of what was not asked for leaves no line for each, and the other node is served meanwhile", async () => {
  const id = randomUUID();
  const instance = observedInstance("odd-web");
  const flood: AgentMessage[] = [
    { type: "accepted", id },
    { type: "result", id, outcome: { status: "succeeded", output: null } },
    { type: "observation", id, observation: { instances: [instance, instance], images: [], docker: "running" } },
    { type: "events", events: [event(Date.now())] },
    { type: "stream.data", id, channel: "stdout", data: "AAAA" },
    { type: "stream.end", id, exitCode: 0 },
  ];
  for (let count = 0; count < 500; count += 1) for (const message of flood) agent.send(message);
  for (let round = 0; round < 3; round += 1) await expectUnharmed();
  await until(() => harness.hub.connection("odd")?.state === "online", "the connection");
  await agent.settled();
  expect(logged).toEqual([]);
  const { n } = await harness.inventory.database
    .selectFrom("events")
    .select(({ fn }) => fn.countAll<number>().as("n"))
    .where("kind", "=", "docker")
    .executeTakeFirstOrThrow();
  expect(n).toBe(1);
});
