import { expect, test } from "vitest";
import { routedStates, stillRouted } from "./states.ts";

const now = Date.parse("2026-11-24T06:31:12.000Z");
const secondsAgo = (seconds: number) => now - seconds * 1000;
const instances = [{ name: "user1-n8n", node: "user1", state: "healthy" as const }];

test.each([
  ["its agent is there", { state: "online" as const, lastSeen: now }, 3600, "healthy"],
  ["its agent has been away for a moment", { state: "offline" as const, lastSeen: secondsAgo(59) }, 3600, "healthy"],
  ["its agent has been away for long", { state: "offline" as const, lastSeen: secondsAgo(61) }, 3600, "unknown"],
  ["the controller has just started", { state: "offline" as const, lastSeen: secondsAgo(900) }, 10, "healthy"],
  ["the controller has been up, and no agent came", { state: "offline" as const, lastSeen: null }, 61, "unknown"],
  ["its node is none any more", undefined, 10, "unknown"],
])("when %s, its word counts or does not", (_, presence, upSeconds, state) => {
  const stateOf = routedStates({ instances, presence: () => presence, now, startedAt: secondsAgo(upSeconds) });
  expect(stateOf("user1-n8n")).toBe(state);
  expect(stateOf("user2-n8n")).toBe("missing");
});

test("what an agent says of an instance is passed on", () => {
  const unhealthy = [{ ...instances[0], name: "user1-n8n", node: "user1", state: "unhealthy" as const }];
  const presence = () => ({ state: "online" as const, lastSeen: now });
  expect(routedStates({ instances: unhealthy, presence, now, startedAt: 0 })("user1-n8n")).toBe("unhealthy");
});

test("an upgrade keeps the route of what answered before it, for a while", () => {
  const since = { startedAt: iso(7200), stoppedAt: iso(60) };
  const upgrade = { instance: "user1-n8n", phase: "trying", routeBefore: null, ...since } as const;
  expect([...stillRouted([upgrade, { ...upgrade, instance: "user2-n8n" }], now)]).toEqual(["user1-n8n", "user2-n8n"]);
  expect(stillRouted([{ ...upgrade, phase: "begun" }], now).size).toBe(0);
  expect(stillRouted([{ ...upgrade, routeBefore: "it did not answer" }], now).size).toBe(0);
  expect(stillRouted([{ ...upgrade, stoppedAt: iso(15 * 60) }], now).size).toBe(0);
  expect(stillRouted([{ ...upgrade, startedAt: iso(60), stoppedAt: null }], now).size).toBe(1);
});

function iso(seconds: number): string {
  return new Date(secondsAgo(seconds)).toISOString();
}
