/** The controller's live stream as events of the contract, with the log of at most one run. */
import { livePath, liveTopics } from "@berth/shared/api/live";
import type { LogLine } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import { queryString } from "../api/client.ts";
import { openEventStream, type EventStream, type StreamState } from "../api/event-stream.ts";
import { millisecondsSince, momentNow, type Moment } from "../api/moment.ts";
import { parseLiveEvent, type LiveEvent } from "../fleet/live-event.ts";

export interface LiveStreamHandlers {
  onState: (state: StreamState) => void;
  /** `serverTime`: the controller's clock in milliseconds since the epoch, if it said. */
  onOpen: (serverTime: number | undefined) => void;
  onEvent: (event: LiveEvent) => void;
  /** An event was left out because it is not as the contract says. */
  onMisunderstood: (error: BerthError) => void;
}

export interface LiveStream {
  /** Milliseconds since anything arrived; undefined before anything did. */
  silence: () => number | undefined;
  /**
   * Has the stream carry the log of a run to `listener`: its lines so far each time the stream opens, then each as it
   * comes. One run at a time. Answers with what ends it.
   */
  watchRunLog: (run: number, listener: (line: LogLine) => void) => () => void;
  retryNow: () => void;
  close: () => void;
}

export function openLiveStream(handlers: LiveStreamHandlers): LiveStream {
  let watched: { run: number; listener: (line: LogLine) => void } | undefined;
  let activeAt: Moment | undefined;
  let reopening = false;
  let closed = false;

  const onEvent = (name: string, data: string): void => {
    const event = understand(name, data, handlers.onMisunderstood);
    if (event === undefined) return;
    if (event.event !== "log") handlers.onEvent(event);
    else if (event.data.run === watched?.run) watched.listener(event.data);
  };
  const open = (): EventStream =>
    openEventStream({
      url: livePath + queryString({ topics: liveTopics.join(","), run: watched?.run }),
      onState: handlers.onState,
      onOpen: handlers.onOpen,
      onActivity: () => {
        activeAt = momentNow();
      },
      onEvent,
    });
  let events = open();
  /** The stream's address names the watched run. One page leaving for another is one change of address. */
  const reopen = (): void => {
    if (reopening) return;
    reopening = true;
    queueMicrotask(() => {
      reopening = false;
      if (closed) return;
      events.close();
      events = open();
    });
  };

  return {
    silence: () => (activeAt === undefined ? undefined : millisecondsSince(activeAt)),
    watchRunLog: (run, listener) => {
      const mine = { run, listener };
      watched = mine;
      reopen();
      return () => {
        // Another page may have taken over before this one was gone.
        if (watched !== mine) return;
        watched = undefined;
        reopen();
      };
    },
    retryNow: () => events.retryNow(),
    close: () => {
      closed = true;
      events.close();
    },
  };
}

function understand(name: string, data: string, onMisunderstood: (error: BerthError) => void): LiveEvent | undefined {
  try {
    return parseLiveEvent(name, data);
  } catch (thrown) {
    const message = `The page does not understand the controller's event "${name}".`;
    const hint = "Reload the page; if that does not help, page and controller are of different versions.";
    onMisunderstood(new BerthError("protocol.invalid", message, { hint, cause: thrown }));
    return undefined;
  }
}
