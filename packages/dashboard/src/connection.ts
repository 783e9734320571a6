/** How far what the page shows can be relied on. Pure. */
import { heartbeatMilliseconds } from "@berth/shared/api/live";
import type { BerthError } from "@berth/shared/errors";
import type { StreamState } from "./api/event-stream.ts";
import { formatSpan } from "./format/time.ts";

/** A node that is online sends samples every second; longer silence than this means that something is wrong with it. */
export const sampleSilenceMilliseconds = 7_000;
/** A controller that is there lets hear of itself in any case, whatever its nodes do. */
const quietLimitMilliseconds = heartbeatMilliseconds + 2_000;
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

export interface Signs {
  stream: StreamState;
  /** Milliseconds since anything arrived; undefined before anything did. */
  silence: number | undefined;
}

/** `now`: this browser's clock. */
export function freshness({ stream, silence }: Signs, now: number): Freshness {
  const error = stream.phase === "open" ? undefined : stream.error;
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
      break;
  }
  return "";
}
