import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeAgent } from "./testing/fake-agent.ts";
import { startHarness, type Harness } from "./testing/harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.close());

describe("a node that enrolled", () => {
  it("is expected, comes online, and goes offline", async () => {
    const credentials = await harness.enrol("user1");
    expect(harness.hub.connection("user1")?.state).toBe("enrolling");
    const agent = await FakeAgent.join(harness, credentials);
    const online = await harness.hub.waitOnline("user1", { timeoutMilliseconds: 5000 });
    expect(online).toMatchObject({ state: "online", agentVersion: "1.4.0", outdated: false, bootId: agent.bootId });
  });
});
