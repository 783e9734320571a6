import type { Event, EventKind } from "@berth/shared/api/events";
import type { Selectable } from "kysely";
import * as z from "zod";
import { decode, encode, now } from "./columns.ts";
import type { Queryable } from "./database.ts";
import type { EventsTable } from "./tables/fleet.ts";

const dataSchema = z.record(z.string(), z.unknown());

/** Something that happened in the fleet: a node went offline, an instance was mended, a token was refused. */
export interface EventRecord {
  id: number;
  at: string;
  kind: string;
  node: string | null;
  instance: string | null;
  /** One sentence for people. */
  message: string;
  data: Record<string, unknown>;
}

export interface NewEvent {
  kind: EventKind;
  message: string;
  node?: string;
  instance?: string;
  data?: Record<string, unknown>;
  /** ISO 8601; now when left out. */
  at?: string;
}

/** Events kept; the oldest go first. */
const maxEvents = 50_000;
const pruneEvery = 500;

export async function recordEvent(database: Queryable, event: NewEvent): Promise<EventRecord> {
  const row = await database
    .insertInto("events")
    .values({
      at: event.at ?? now(),
      kind: event.kind,
      node: event.node ?? null,
      instance: event.instance ?? null,
      message: event.message,
      data: encode(event.data ?? {}),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  if (row.id % pruneEvery === 0) await pruneEvents(database, maxEvents);
  return toRecord(row);
}

export interface EventQuery {
  limit?: number;
  /** Only events older than the one with this id. */
  before?: number | undefined;
  node?: string | undefined;
  instance?: string | undefined;
  kind?: EventKind | undefined;
  /** ISO 8601: only what was recorded since then. */
  since?: string | undefined;
}

/** Newest first. */
export async function listEvents(database: Queryable, query: EventQuery = {}): Promise<EventRecord[]> {
  let selection = database
    .selectFrom("events")
    .selectAll()
    .orderBy("id", "desc")
    .limit(query.limit ?? 100);
  if (query.before !== undefined) selection = selection.where("id", "<", query.before);
  if (query.node !== undefined) selection = selection.where("node", "=", query.node);
  if (query.instance !== undefined) selection = selection.where("instance", "=", query.instance);
  if (query.kind !== undefined) selection = selection.where("kind", "=", query.kind);
  if (query.since !== undefined) selection = selection.where("at", ">=", query.since);
  return (await selection.execute()).map(toRecord);
}

const nodesTimeSchema = z.looseObject({ nodeAt: z.iso.datetime().optional() });

/** As others see it. */
export function toEvent({ data, at: recordedAt, ...event }: EventRecord): Event {
  const nodeAt = nodesTimeSchema.safeParse(data).data?.nodeAt;
  return { ...event, at: nodeAt ?? recordedAt, recordedAt };
}

/** Keeps the newest `keep` events. */
export async function pruneEvents(database: Queryable, keep: number): Promise<void> {
  const newest = await database
    .selectFrom("events")
    .select((expression) => expression.fn.max("id").as("id"))
    .executeTakeFirst();
  await database
    .deleteFrom("events")
    .where("id", "<=", (newest?.id ?? 0) - keep)
    .execute();
}

function toRecord(row: Selectable<EventsTable>): EventRecord {
  return { ...row, data: decode(dataSchema, row.data, `event ${row.id}`) };
}
