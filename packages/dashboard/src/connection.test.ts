import { heartbeatMilliseconds } from "@berth/shared/api/live";
import { BerthError } from "@berth/shared/errors";
import { expect, it } from "vitest";
import type { StreamState } from "./api/event-stream.ts";
import { freshness } from "./connection.ts";

const error = new BerthError("controller.unreachable", "The controller does not answer.");
const now = 1_000_000;
const told = (stream: StreamState, silence: number | undefined) => freshness({ stream, silence }, now);

it("is live while something arrives", () => {
  expect(told({ phase: "open" }, 1_000)).toMatchObject({ kind: "live", text: "Live", next: "" });
});

it("is stale when an open stream is silent for too long", () => {
  expect(told({ phase: "open" }, 8_000)).toMatchObject({
    kind: "stale",
    text: "Last update 8 s ago",
    next: "The controller is silent.",
  });
});

it("expects no more than heartbeats, and a heartbeat in seconds", () => {
  expect(told({ phase: "open" }, heartbeatMilliseconds + 1_500).kind).toBe("live");
  expect(heartbeatMilliseconds).toBeLessThanOrEqual(5_000);
});

it("says why, and when it tries again", () => {
  expect(told({ phase: "waiting", error, retryAt: now + 4_200 }, 12_000)).toEqual({
    kind: "stale",
    text: "Last update 12 s ago",
    error,
    next: "Trying again in 4 s.",
  });
});

it("does not flicker over a short reconnect", () => {
  expect(told({ phase: "connecting", error: undefined }, 400).kind).toBe("live");
  expect(told({ phase: "waiting", error, retryAt: now + 500 }, 600).kind).toBe("live");
  expect(told({ phase: "connecting", error: undefined }, 3_000).kind).toBe("stale");
});

it("keeps saying why while it reconnects", () => {
  expect(told({ phase: "connecting", error }, 12_000)).toMatchObject({ kind: "stale", error, next: "Reconnecting …" });
});

it("hides no error of the first connection behind waiting", () => {
  expect(told({ phase: "connecting", error: undefined }, undefined)).toMatchObject({
    kind: "connecting",
    text: "Connecting",
  });
  expect(told({ phase: "waiting", error, retryAt: now }, undefined)).toMatchObject({
    kind: "stale",
    text: "No connection",
    error,
  });
});

it("is stale at once when it will not be tried again", () => {
  expect(told({ phase: "stopped", error }, 10)).toMatchObject({ kind: "stale", error, next: "" });
});
