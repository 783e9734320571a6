import { listEvents, type Event } from "@berth/shared/api/events";
import type { FastifyInstance } from "fastify";
import type { EventQuery } from "../inventory/events.ts";
import { serveEndpoint } from "./endpoint.ts";

export interface EventsApi {
  /** Newest first. */
  list: (query: EventQuery) => Promise<Event[]>;
}

export function serveEvents(app: FastifyInstance, events: EventsApi): void {
  serveEndpoint(app, listEvents, async ({ query }) => ({ events: await events.list(query) }));
}
