/** The controller's own lines in the fleet's history: who connected, what was refused. */
import type { EventKind } from "@berth/shared/api/events";
import type { Logger } from "pino";
import type { Background } from "../background.ts";
import { RateLimit } from "../enrolment/rate-limit.ts";
import type { AgentStore, EventRecord } from "../store.ts";
import type { Clock } from "../clock.ts";

export type HistoryKind = Extract<EventKind, `agent.${string}` | "certificate.renewed">;

export interface HistoryOptions {
  store: AgentStore;
  clock: Clock;
  logger: Logger;
  background: Background;
  onEvent: (event: EventRecord) => void;
}

export type NoteEvent = (node: string, kind: HistoryKind, message: string, data?: Record<string, unknown>) => void;

/** Notes events without making anybody wait. An agent that comes and goes all the time cannot fill the history. */
export function createHistory({ store, clock, logger, background, onEvent }: HistoryOptions): NoteEvent {
  const limit = new RateLimit({ clock, burst: 30, perMinute: 10 });
  return (node, kind, message, data = {}) => {
    logger.info({ node, kind }, message);
    if (!limit.take(`${node} ${kind}`)) return;
    const event: EventRecord = { at: clock.now(), kind, node, instance: null, message, data };
    background.run(store.addEvent(event), "an event was not stored", node);
    onEvent(event);
  };
}
