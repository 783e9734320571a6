/**
 * Server-Sent Events over fetch. The browser's own EventSource hides what a page must show: the error an answer
 * carries, the heartbeat comments that tell a quiet stream from a dead one, and when it will try again.
 */
import { heartbeatMilliseconds } from "@berth/shared/api/live";
import { BerthError, type ErrorCode } from "@berth/shared/errors";
import { createParser } from "eventsource-parser";
import { errorOfFetch, errorOfResponse } from "./api-error.ts";
import { backoffMilliseconds } from "./backoff.ts";
import { millisecondsSince, momentNow } from "./moment.ts";

/** One heartbeat may get lost on the way; two do not. */
const silenceLimitMilliseconds = 2.2 * heartbeatMilliseconds;
const lookEveryMilliseconds = 1000;

/** After this long a connection counts as having worked, and the next wait is a short one again. */
const settledMilliseconds = 5_000;

/** Trying again would not change these answers. */
const finalCodes: readonly ErrorCode[] = ["unauthenticated", "forbidden", "not-found"];

export type StreamState =
  /** `error`: why the connection before ended; undefined at first. */
  | { phase: "connecting"; error: BerthError | undefined }
  | { phase: "open" }
  | { phase: "waiting"; error: BerthError; retryAt: number }
  | { phase: "stopped"; error: BerthError };

export interface EventStreamOptions {
  url: string;
  onState: (state: StreamState) => void;
  /** An answer arrived. Called before its first event; `serverTime` in milliseconds since the epoch, if it said. */
  onOpen?: (serverTime: number | undefined) => void;
  /** Anything at all arrived, heartbeats included. */
  onActivity?: () => void;
  /** One event. Answer "end" when it says that the stream is over and not to be opened again. */
  onEvent: (event: string, data: string) => void | "end";
}

export interface EventStream {
  close: () => void;
  /** Ends a wait for the next attempt. */
  retryNow: () => void;
}

/** Opens the stream and keeps it open until `close`, an answer that is final, or an event that ends it. */
export function openEventStream(options: EventStreamOptions): EventStream {
  const closing = new AbortController();
  let wake = () => {};
  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const retryNow = () => wake();
  globalThis.addEventListener?.("online", retryNow);
  void keepOpen(options, closing.signal, pause).finally(() => globalThis.removeEventListener?.("online", retryNow));
  return {
    retryNow,
    close: () => {
      closing.abort();
      wake();
    },
  };
}

async function keepOpen(
  options: EventStreamOptions,
  closing: AbortSignal,
  pause: (milliseconds: number) => Promise<void>,
): Promise<void> {
  let error: BerthError | undefined;
  for (let attempt = 0; !closing.aborted; attempt += 1) {
    options.onState({ phase: "connecting", error });
    let openedAt = Number.POSITIVE_INFINITY;
    const outcome = await readOnce(options, closing, () => {
      openedAt = Date.now();
      options.onState({ phase: "open" });
    });
    if (closing.aborted || outcome === "end") return;
    error = outcome;
    if (finalCodes.includes(error.code)) {
      options.onState({ phase: "stopped", error });
      return;
    }
    // A controller that takes the connection and drops it at once is still to be spared.
    if (Date.now() - openedAt > settledMilliseconds) attempt = 0;
    const wait = backoffMilliseconds(attempt, Math.random());
    options.onState({ phase: "waiting", error, retryAt: Date.now() + wait });
    await pause(wait);
  }
}

/** One connection from its request to its end; answers with why it ended. */
async function readOnce(
  options: EventStreamOptions,
  closing: AbortSignal,
  opened: () => void,
): Promise<BerthError | "end"> {
  const silence = new AbortController();
  let heardAt = momentNow();
  const look = () => {
    if (millisecondsSince(heardAt) > silenceLimitMilliseconds)
      silence.abort(new DOMException("silence", "TimeoutError"));
  };
  const looking = setInterval(look, lookEveryMilliseconds);
  try {
    const response = await fetch(options.url, {
      headers: { accept: "text/event-stream" },
      cache: "no-store",
      signal: AbortSignal.any([closing, silence.signal]),
    });
    if (!response.ok || !response.body) return await errorOfResponse(response);
    options.onOpen?.(serverTime(response));
    opened();
    let ended = false;
    const parser = createParser({
      onEvent: (message) => {
        if (!ended && options.onEvent(message.event ?? "message", message.data) === "end") ended = true;
      },
    });
    for await (const text of chunks(response.body)) {
      // A page that slept finds what came in its sleep, in pieces: none of it is the present.
      look();
      silence.signal.throwIfAborted();
      heardAt = momentNow();
      options.onActivity?.();
      parser.feed(text);
      if (ended) return "end";
    }
    return new BerthError("controller.unreachable", "The controller closed the connection.");
  } catch (thrown) {
    return errorOfFetch(thrown, options.url, silenceLimitMilliseconds);
  } finally {
    clearInterval(looking);
    silence.abort();
  }
}

async function* chunks(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    reader.releaseLock();
  }
}

function serverTime(response: Response): number | undefined {
  const time = Date.parse(response.headers.get("date") ?? "");
  return Number.isNaN(time) ? undefined : time;
}
