import { randomUUID } from "node:crypto";
import { closeCodes } from "@berth/shared/protocol/close";
import { protocolVersion } from "@berth/shared/protocol/version";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openAuthority } from "../authority/authority.ts";
import { makeKeyAndRequest } from "../testing/certificates.ts";
import { FakeAgent, testFacts } from "../testing/fake-agent.ts";
import { startHarness, type Credentials, type Harness } from "../testing/harness.ts";
import { until } from "../testing/within.ts";
import type { EventRecord } from "../store.ts";

let harness: Harness;
let user1: Credentials;
let history: EventRecord[];

beforeEach(async () => {
  harness = await startHarness();
  history = [];
  harness.hub.events.on("event", (event) => history.push(event));
  user1 = await harness.enrol("user1");
});
afterEach(() => harness.close());

const isOnline = (node = "user1") => harness.hub.connection(node)?.state === "online";
const kinds = () => history.map(({ kind }) => kind);

describe("the certificate", () => {
  it("is asked for", async () => {
    await expect(FakeAgent.open(harness, {})).rejects.toThrow(/^401 .*no client certificate/);
  });

  it("has to be of our authority", async () => {
    const directory = `${harness.inventory.file}.other`;
    const other = await openAuthority({ directory });
    const { key, csr } = await makeKeyAndRequest();
    const { certificate } = await other.issueAgentCertificate({ csr, node: "user1" });
    await expect(FakeAgent.open(harness, { node: "user1", key, certificate })).rejects.toThrow(/^401 .*not valid here/);
  });

  it("has to be one that was given out: the server's own is not", async () => {
    const { key, certificate } = await harness.authority.issueServerCertificate(["127.0.0.1"]);
    await expect(FakeAgent.open(harness, { key, certificate })).rejects.toThrow(/^401 /);
  });

  it("has to be one that the store knows", async () => {
    const { key, csr } = await makeKeyAndRequest();
    const { certificate } = await harness.authority.issueAgentCertificate({ csr, node: "user1" });
    await expect(FakeAgent.open(harness, { key, certificate })).rejects.toThrow(/^401 .*not known here/);
  });

  it("must not have expired", async () => {
    harness.clock.offset = 91 * 86_400_000;
    await expect(FakeAgent.open(harness, user1)).rejects.toThrow(/^401 .*expired/);
  });

  it("must not be revoked, and revoking ends the connection", async () => {
    const agent = await FakeAgent.join(harness, user1);
    await harness.hub.revoke("user1", "the node was removed");
    expect(await agent.closed).toEqual({ code: closeCodes.forbidden, reason: "Revoked: the node was removed" });
    await expect(FakeAgent.open(harness, user1)).rejects.toThrow(/^403 .*revoked: the node was removed/);
    expect(harness.hub.connection("user1")).toBeUndefined();
  });

  it("is revoked by a later enrolment of the node, once that has connected", async () => {
    const earlier = await FakeAgent.join(harness, user1);
    const anew = await harness.enrol("user1");
    // The earlier one is live: the newcomer has to wait.
    const second = await FakeAgent.open(harness, anew);
    second.hello();
    expect((await second.closed).code).toBe(closeCodes.duplicate);
    earlier.cut();
    await until(() => !isOnline(), "the end of the earlier connection");
    await FakeAgent.join(harness, anew);
    await until(() => kinds().includes("agent.revoked"), "the revocation");
    await expect(FakeAgent.open(harness, user1)).rejects.toThrow(/^403 .*enrolled anew/);
  });

  it("is renewed on request, and the older one stays good", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const { key, csr } = await makeKeyAndRequest();
    agent.send({ type: "certificate.request", csr });
    const { certificate } = await agent.next("certificate");
    agent.cut();
    await until(() => !isOnline(), "the end of the connection");
    const renewed = await FakeAgent.join(harness, { node: "user1", key, certificate });
    renewed.cut();
    await until(() => !isOnline(), "the end of the connection");
    await FakeAgent.join(harness, user1);
  });
});

describe("hello", () => {
  it("has to name the certificate's node", async () => {
    await harness.enrol("user2");
    const agent = await FakeAgent.open(harness, user1);
    agent.hello({ node: "user2" });
    expect((await agent.closed).code).toBe(closeCodes.forbidden);
    expect(harness.hub.connection("user2")?.state).toBe("enrolling");
    expect(kinds()).toContain("agent.refused");
  });

  it("has to come first", async () => {
    const agent = await FakeAgent.open(harness, user1);
    agent.send({ type: "events", events: [] });
    expect(await agent.closed).toMatchObject({ code: closeCodes.invalid });
    expect(isOnline()).toBe(false);
  });

  it("has to come once, and nothing before the welcome", async () => {
    const agent = await FakeAgent.open(harness, user1);
    agent.hello();
    agent.hello();
    expect(await agent.closed).toMatchObject({ code: closeCodes.invalid });
    const other = await FakeAgent.join(harness, user1);
    other.hello();
    expect(await other.closed).toEqual({ code: closeCodes.invalid, reason: "A second hello" });
  });

  it("has to come in time", async () => {
    await harness.restart({ helloSeconds: 0.1 });
    const agent = await FakeAgent.open(harness, user1);
    expect(await agent.closed).toMatchObject({ code: closeCodes.silent });
  });

  it.each([
    ["an older major", { major: 0, minor: 0 }],
    ["a newer major", { major: 2, minor: 0 }],
    ["a newer minor", { major: 1, minor: 7 }],
  ])("of %s version is told so, whatever else it says", async (_what, protocol) => {
    const agent = await FakeAgent.open(harness, user1);
    agent.sendRaw(JSON.stringify({ type: "hello", protocol, agentVersion: "9.0.0", somethingNew: [1, 2, 3] }));
    expect(await agent.closed).toMatchObject({
      code: closeCodes.unsupported,
      reason: expect.stringContaining("protocol"),
    });
    expect(kinds()).toContain("agent.unsupported");
  });

  it("of an older agent is welcome and shown as outdated", async () => {
    await FakeAgent.join(harness, user1, { hello: { agentVersion: "1.3.9" } });
    expect(harness.hub.connection("user1")).toMatchObject({ state: "online", outdated: true, agentVersion: "1.3.9" });
  });

  it.each([0, 1])("of protocol 1.%i is spoken to in that one, and shown as outdated", async (minor) => {
    const agent = await FakeAgent.open(harness, user1);
    agent.hello({ protocol: { major: 1, minor } });
    expect((await agent.next("welcome")).protocol).toEqual({ major: 1, minor });
    await until(isOnline, "the node");
    expect(harness.hub.connection("user1")).toMatchObject({ outdated: true, protocol: { major: 1, minor } });
  });

  it("with a clock an hour off is welcome and shown with its skew", async () => {
    await FakeAgent.join(harness, user1, { hello: { clock: Date.now() - 3_600_000 } });
    const skew = harness.hub.connection("user1")?.clockSkewMilliseconds ?? 0;
    expect(skew).toBeGreaterThan(-3_605_000);
    expect(skew).toBeLessThanOrEqual(-3_600_000);
  });

  it("is remembered over a restart of the controller", async () => {
    const agent = await FakeAgent.join(harness, user1);
    agent.cut();
    await until(() => !isOnline(), "the end of the connection");
    await harness.restart();
    expect(harness.hub.connection("user1")).toMatchObject({
      state: "offline",
      agentVersion: "1.4.0",
      protocol: protocolVersion,
      facts: testFacts,
      lastSeen: expect.any(Number),
    });
  });
});

describe("one identity", () => {
  it("has one live connection: a copy is refused and reported", async () => {
    const first = await FakeAgent.join(harness, user1);
    const copy = await FakeAgent.open(harness, user1);
    copy.hello();
    expect(await copy.closed).toMatchObject({ code: closeCodes.duplicate });
    expect(kinds()).toContain("agent.duplicate");
    await first.settled();
    expect(harness.hub.connection("user1")?.bootId).toBe(first.bootId);
  });

  it("of several copies at the same moment, one gets in", async () => {
    const agents = await Promise.all(Array.from({ length: 4 }, () => FakeAgent.open(harness, user1)));
    for (const agent of agents) agent.hello();
    const refused = await Promise.all(
      agents.map((agent) =>
        Promise.race([
          agent.next("welcome").then(
            () => 0,
            () => 0,
          ),
          agent.closed.then(({ code }) => code),
        ]),
      ),
    );
    expect(refused.filter((code) => code === 0)).toHaveLength(1);
    expect(refused.filter((code) => code === closeCodes.duplicate)).toHaveLength(3);
  });

  it("is taken over from a half-open connection by a rebooted node", async () => {
    await FakeAgent.join(harness, user1, { alive: false });
    const rebooted = await FakeAgent.join(harness, user1);
    expect(harness.hub.connection("user1")?.bootId).toBe(rebooted.bootId);
  });

  it("is taken over at once by the same agent connecting again", async () => {
    const bootId = randomUUID();
    const older = await FakeAgent.join(harness, user1, { bootId });
    await FakeAgent.join(harness, user1, { bootId });
    expect(await older.closed).toMatchObject({ code: closeCodes.replaced });
    expect(isOnline()).toBe(true);
  });
});

describe("keep-alive", () => {
  beforeEach(() => harness.restart({ keepAliveSeconds: 0.1, silenceSeconds: 0.5 }));

  it("finds out that a node is silent", async () => {
    const agent = await FakeAgent.join(harness, user1, { alive: false });
    expect((await agent.closed).code).toBe(closeCodes.silent);
    expect(harness.hub.connection("user1")?.state).toBe("offline");
  });

  it("leaves a node that answers alone", async () => {
    const agent = await FakeAgent.join(harness, user1);
    const silent = await FakeAgent.join(harness, await harness.enrol("user2"), { alive: false });
    // Long enough for the silent one to be given up.
    await silent.closed;
    await agent.settled();
    expect(isOnline()).toBe(true);
  });
});

describe("closing the hub", () => {
  it("says goodbye to every agent and lets nobody in any more", async () => {
    const agent = await FakeAgent.join(harness, user1);
    await harness.hub.close();
    expect((await agent.closed).code).toBe(1001);
    await expect(FakeAgent.open(harness, user1)).rejects.toThrow(/^503 /);
  });
});
