/** How far what the page shows can be relied on. Pure. */
import type { BerthError } from "@berth/shared/errors";
import type { StreamState } from "./api/event-stream.ts";
import { formatSpan } from "./format/time.ts";

/** The controller sends a heartbeat at least every five seconds; longer silence means that something is wrong. */
const quietLimitMilliseconds = 7_000;
/** Reconnecting on purpose or by luck within this time is not worth a word. */
const blinkMilliseconds = 2_500;

export interface Freshness {
  kind: "live" | "connecting" | "stale";
  /** "Live", "Last update 12 s ago" */
  text: string;
  error: BerthError | undefined;
  /** "Trying again in 3 s", empty while nothing is wrong. */
  next: string;
}

/** `silence`: milliseconds since anything arrived, undefined before anything did. `now`: this browser's clock. */
export function freshness(stream: StreamState, silence: number | undefined, now: number): Freshness {
  const error = stream.phase === "waiting" || stream.phase === "stopped" ? stream.error : undefined;
  const next = whatNext(stream, now);
  if (silence === undefined) {
    const text = error ? "No connection" : "Connecting";
    return { kind: error ? "stale" : "connecting", text, error, next };
  }
  const limit = stream.phase === "open" ? quietLimitMilliseconds : blinkMilliseconds;
  if (stream.phase !== "stopped" && silence < limit) return { kind: "live", text: "Live", error: undefined, next: "" };
  return { kind: "stale", text: `Last update ${formatSpan(silence)} ago`, error, next };
}

function whatNext(stream: StreamState, now: number): string {
  switch (stream.phase) {
    case "open":
      return "The controller is silent.";
    case "connecting":
      return "Reconnecting …";
    case "waiting":
      return stream.retryAt - now < 1000 ? "Reconnecting …" : `Trying again in ${formatSpan(stream.retryAt - now)}.`;
    case "stopped":
      return "";
  }
}
