import { BerthError } from "@berth/shared/errors";
import { expect, it } from "vitest";
import { freshness } from "./connection.ts";

const error = new BerthError("controller.unreachable", "The controller does not answer.");
const now = 1_000_000;

it("is live while something arrives", () => {
  expect(freshness({ phase: "open" }, 1_000, now)).toMatchObject({ kind: "live", text: "Live", next: "" });
});

it("is stale when an open stream is silent for too long", () => {
  expect(freshness({ phase: "open" }, 8_000, now)).toMatchObject({
    kind: "stale",
    text: "Last update 8 s ago",
    next: "The controller is silent.",
  });
});

it("says why, and when it tries again", () => {
  expect(freshness({ phase: "waiting", error, retryAt: now + 4_200 }, 12_000, now)).toEqual({
    kind: "stale",
    text: "Last update 12 s ago",
    error,
    next: "Trying again in 4 s.",
  });
});

it("does not flicker over a short reconnect", () => {
  expect(freshness({ phase: "connecting" }, 400, now).kind).toBe("live");
  expect(freshness({ phase: "waiting", error, retryAt: now + 500 }, 600, now).kind).toBe("live");
  expect(freshness({ phase: "connecting" }, 3_000, now).kind).toBe("stale");
});

it("hides no error of the first connection behind waiting", () => {
  expect(freshness({ phase: "connecting" }, undefined, now)).toMatchObject({ kind: "connecting", text: "Connecting" });
  expect(freshness({ phase: "waiting", error, retryAt: now }, undefined, now)).toMatchObject({
    kind: "stale",
    text: "No connection",
    error,
  });
});

it("is stale at once when it will not be tried again", () => {
  expect(freshness({ phase: "stopped", error }, 10, now)).toMatchObject({ kind: "stale", error, next: "" });
});
