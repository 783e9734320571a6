/** Whatever a peer sends, the hub stays, serves the others, and says what was wrong. */
import { randomUUID } from "node:crypto";
import { closeCodes } from "@berth/shared/protocol/close";
import { maxMessageBytes } from "@berth/shared/protocol/messages";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { startHarness, type Credentials, type Harness } from "../testing/harness.ts";
import { imageInput, imageResult } from "../testing/node-story.ts";
import { until, within } from "../testing/within.ts";

let harness: Harness;
let hostile: Credentials;
let well: FakeAgent;

beforeEach(async () => {
  harness = await startHarness();
  hostile = await harness.enrol("hostile");
  well = await FakeAgent.join(harness, await harness.enrol("well"));
});
afterEach(() => harness.close());

/** The other node performs an operation as if nothing were. */
async function expectServed(): Promise<void> {
  const input = { ...imageInput, node: "well" };
  const request = {
    node: "well",
    id: randomUUID(),
    attempt: 1,
    kind: "image.ensure",
    input,
    deadlineSeconds: 20,
  } as const;
  const dispatched = harness.hub.dispatch(request);
  const { id } = await well.next("operation");
  well.send({ type: "result", id, outcome: { status: "succeeded", output: imageResult } });
  expect(await dispatched).toEqual(imageResult);
}

/** Connects, as often as the hub's limit on attempts allows. */
async function join(welcomed: boolean): Promise<FakeAgent> {
  harness.clock.offset += 60_000;
  await until(() => harness.hub.connection("hostile")?.state !== "online", "the end of the connection before");
  return welcomed ? FakeAgent.join(harness, hostile) : FakeAgent.open(harness, hostile);
}

const anyJson = fc.json({ maxDepth: 6 });
/** Nearly right: a known type with anything beside it. */
const nearlyRight = fc
  .tuple(
    fc.constantFrom(
      "hello",
      "accepted",
      "progress",
      "result",
      "observation",
      "events",
      "samples",
      "filesystems",
      "volumes",
      "stream.data",
      "stream.end",
      "certificate.request",
      "welcome",
    ),
    fc.dictionary(
      fc.constantFrom(
        "id",
        "events",
        "batch",
        "fileSystems",
        "volumes",
        "outcome",
        "data",
        "csr",
        "__proto__",
        "observation",
      ),
      fc.jsonValue(),
    ),
  )
  .map(([type, rest]) => JSON.stringify({ ...rest, type }));
const anyMessage = fc.oneof(
  fc.string({ unit: "binary" }),
  anyJson,
  nearlyRight,
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);

describe("a peer that sends anything", () => {
  it.each([
    ["before its hello", false],
    ["after its welcome", true],
  ])("%s is closed with a reason, and nobody else notices", async (_when, welcomed) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyMessage, { minLength: 1, maxLength: 5 }), async (messages) => {
        const agent = await join(welcomed);
        for (const message of messages) agent.sendRaw(message);
        // No generated message is a whole one, so the first is the last.
        expect(await within(agent.closed, "the close")).toMatchObject({ code: closeCodes.invalid });
        expect(harness.hub.connection("well")?.state).toBe("online");
      }),
      { numRuns: 40, seed: 20261124 },
    );
    await expectServed();
  });
});

describe("a peer that sends", () => {
  const half = "x".repeat(maxMessageBytes / 2);
  it.each([
    ["a message that is too large", `"${half}${half}x"`],
    ["a hello that is too large", JSON.stringify({ type: "hello", journal: half })],
  ])("%s is closed", async (_what, message) => {
    const agent = await join(false);
    agent.sendRaw(message);
    expect([1006, 1009, closeCodes.invalid]).toContain((await agent.closed).code);
    await expectServed();
    const events = await harness.inventory.database
      .selectFrom("events")
      .select("kind")
      .where("node", "=", "hostile")
      .execute();
    expect(events.map(({ kind }) => kind)).toContain("agent.invalid");
  });

  it.each([
    ["deep nesting", `{"type":"result","x":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`],
    ["a hundred thousand wrong events", `{"type":"events","events":[${"{},".repeat(100_000)}{}]}`],
    [
      "a hundred thousand unknown keys",
      JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, key) => [`k${key}`, 0]))),
    ],
    ["a binary message", Buffer.from(JSON.stringify({ type: "events", events: [] }))],
    ["a message of the controller", JSON.stringify({ type: "cancel", id: randomUUID() })],
  ])("%s is closed with a reason", async (_what, message) => {
    const agent = await join(true);
    agent.sendRaw(message);
    expect(await agent.closed).toMatchObject({ code: closeCodes.invalid, reason: expect.stringMatching(/.+/) });
    await expectServed();
  });

  it("many messages is read slower, while the others are served", async () => {
    const agent = await join(true);
    const progress = JSON.stringify({ type: "progress", id: randomUUID(), line: "x".repeat(1000) });
    for (let count = 0; count < 20_000; count++) agent.sendRaw(progress);
    for (let round = 0; round < 5; round++) await expectServed();
    expect(harness.hub.connection("hostile")?.state).toBe("online");
  });

  it("frames that are no WebSocket frames is cut off", async () => {
    const agent = await join(true);
    agent.sendRawBytes(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    await within(agent.closed, "the close");
    await expectServed();
  });
});

describe("a node that connects all the time", () => {
  it("is slowed down", async () => {
    let refusal = "";
    for (let attempt = 0; attempt < 40 && refusal === ""; attempt++) {
      const agent = await FakeAgent.open(harness, hostile).catch((error: unknown) => String(error));
      if (typeof agent === "string") refusal = agent;
      else {
        agent.cut();
        await agent.closed;
      }
    }
    expect(refusal).toMatch(/429 .*connects too often/);
    await expectServed();
  });
});
