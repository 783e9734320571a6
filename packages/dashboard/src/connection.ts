/** How far what the page shows can be relied on. Pure. */
import { heartbeatMilliseconds } from "@berth/shared/api/live";
import type { BerthError } from "@berth/shared/errors";
import type { StreamState } from "./api/event-stream.ts";
import { formatSpan } from "./format/time.ts";

/** Nodes that are online send samples every second; longer silence than this means that something is wrong. */
export const sampleSilenceMilliseconds = 7_000;
/** Without a node online there are only heartbeats. */
const quietLimitMilliseconds = heartbeatMilliseconds + 3_000;
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
  /** Some node is online, so samples are to be expected. */
  expectsSamples: boolean;
}

/** `now`: this browser's clock. */
export function freshness({ stream, silence, expectsSamples }: Signs, now: number): Freshness {
  const error = stream.phase === "open" ? undefined : stream.error;
  const next = whatNext(stream, now);
  if (silence === undefined) {
    const text = error ? "No connection" : "Connecting";
    return { kind: error ? "stale" : "connecting", text, error, next };
  }
  const quietLimit = expectsSamples ? sampleSilenceMilliseconds : quietLimitMilliseconds;
  const limit = stream.phase === "open" ? quietLimit : blinkMilliseconds;
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
