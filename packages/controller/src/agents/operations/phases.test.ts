import { randomUUID } from "node:crypto";
import type { Phase } from "@berth/shared/operations/phases";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { startHarness, type Credentials, type Harness } from "../testing/harness.ts";
import { imageInput } from "../testing/node-story.ts";
import type { DispatchRequest } from "../types.ts";

let harness: Harness;
let user1: Credentials;

beforeEach(async () => {
  harness = await startHarness();
  user1 = await harness.enrol("user1");
});
afterEach(() => harness.close());

const hour = 3_600_000;

it("are told by the controller's clock, also of what failed, and again after a restart of the controller", async () => {
  const agent = await FakeAgent.join(harness, user1, { hello: { clock: Date.now() + hour } });
  const told: (readonly Phase[])[] = [];
  const request: DispatchRequest<"image.ensure"> = {
    ...{ node: "user1", id: randomUUID(), attempt: 1, kind: "image.ensure", input: imageInput, deadlineSeconds: 20 },
    onPhases: (phases) => void told.push(phases),
  };
  const dispatched = expect(harness.hub.dispatch(request)).rejects.toMatchObject({ code: "disk.full" });
  const { id } = await agent.next("operation");
  const began = Date.now() - 5000;
  const phase = { name: "pull", target: "n8n:2.41.1", milliseconds: 3100 };
  const outcome = { status: "failed", error: { code: "disk.full", message: "no space" } } as const;
  agent.send({ type: "result", id, outcome, phases: [{ ...phase, at: began + hour }] });
  await dispatched;
  expect(told).toMatchObject([[phase]]);
  expect(Math.abs((told[0]?.[0]?.at ?? 0) - began)).toBeLessThan(1000);
  await harness.restart();
  await expect(harness.hub.dispatch(request)).rejects.toMatchObject({ code: "disk.full" });
  expect(told).toEqual([told[0], told[0]]);
});
