/** Agents whose certificates are newer than the backup that their controller was rebuilt from. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { addRebuild } from "../../inventory/recovery.ts";
import { FakeAgent } from "../testing/fake-agent.ts";
import { startHarness, type Credentials, type Harness } from "../testing/harness.ts";
import { until } from "../testing/within.ts";

let harness: Harness;
let user1: Credentials;

beforeEach(async () => {
  harness = await startHarness();
  user1 = await harness.enrol("user1");
  // As an inventory is that was backed up before the agent was enrolled or renewed.
  await harness.inventory.database.deleteFrom("certificates").execute();
});
afterEach(() => harness.close());

function rebuilt(from: number, to: number): Promise<void> {
  const at = (offset: number) => new Date(Date.now() + offset).toISOString();
  return addRebuild(harness.inventory.database, { backup: "a backup", backedUpAt: at(from), rebuiltAt: at(to) });
}

test("are let in, once and for all", async () => {
  await rebuilt(-60_000, 0);
  const agent = await FakeAgent.join(harness, user1);
  agent.cut();
  await until(() => harness.hub.connection("user1")?.state === "offline", "the end of the connection");
  await FakeAgent.join(harness, user1);
  const known = await harness.inventory.database.selectFrom("certificates").select(["node", "enrolment"]).execute();
  expect(known).toEqual([{ node: "user1", enrolment: expect.stringMatching(/^rebuilt-/) }]);
});

test.each<[string, [number, number] | undefined]>([
  ["nothing was rebuilt", undefined],
  ["the certificate is older than the backup", [60_000, 120_000]],
  ["the certificate is younger than the rebuilt controller, which does not know it", [-120_000, -60_000]],
])("are refused when %s", async (_what, span) => {
  if (span !== undefined) await rebuilt(...span);
  await expect(FakeAgent.join(harness, user1)).rejects.toThrow();
});

test("are refused when the node is not in the fleet", async () => {
  await rebuilt(-60_000, 0);
  await harness.inventory.database.deleteFrom("nodes").execute();
  await expect(FakeAgent.join(harness, user1)).rejects.toThrow();
});
