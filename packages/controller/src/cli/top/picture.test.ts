import { expect, it } from "vitest";
import { instanceStatus, nodeStatus } from "../testing/fixtures.ts";
import { emptyPicture, type Picture, withEvent } from "./picture.ts";
import { fleet, user1Samples } from "./test-fixtures.ts";

function after(...events: [event: string, data: unknown][]): Picture {
  return events.reduce((picture, [event, data]) => withEvent(picture, { event, data }, 50), emptyPicture);
}

it("begins with the whole state, and takes single changes", () => {
  const { status } = after(
    ["status", fleet],
    ["node", nodeStatus({ name: "user2", state: "online" })],
    ["node", nodeStatus({ name: "user3" })],
    ["instance", instanceStatus({ name: "user1-flowise", state: "healthy" })],
    ["instance.gone", { name: "user1-n8n" }],
  );
  expect(status?.nodes.map(({ name, state }) => `${name} ${state}`)).toEqual([
    "shared online",
    "user1 online",
    "user2 online",
    "user3 online",
  ]);
  expect(status?.instances.map(({ name, state }) => `${name} ${state}`)).toEqual([
    "shared-langfuse healthy",
    "user1-flowise healthy",
    "user2-n8n unknown",
  ]);
});

it("forgets a node that is gone with all that was on it", () => {
  const { status, readings } = after(["status", fleet], ["samples", user1Samples], ["node.gone", { name: "user1" }]);
  expect(status?.nodes.map(({ name }) => name)).toEqual(["shared", "user2"]);
  expect(status?.instances.map(({ name }) => name)).toEqual(["shared-langfuse", "user2-n8n"]);
  expect(readings.size).toBe(0);
});

it("keeps the newest frame, whatever comes late", () => {
  const [frame] = user1Samples.frames;
  if (frame === undefined) throw new Error("no frame");
  const batch = { ...user1Samples, frames: [{ ...frame, at: 3000 }, frame] };
  const late = { ...user1Samples, frames: [{ ...frame, at: 2000 }] };
  expect(after(["samples", batch], ["samples", late]).readings.get("user1")).toMatchObject({
    frame: { at: 3000 },
    seenAt: 50,
  });
  expect(after(["samples", { ...batch, frames: [] }]).readings.size).toBe(0);
});

it("passes by what it does not know", () => {
  expect(after(["something.new", { a: 1 }])).toEqual(emptyPicture);
});
