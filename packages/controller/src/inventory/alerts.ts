/** Alerts, silences and messages as the inventory keeps them. */
import type { Selectable } from "kysely";
import { silenceMatchersSchema } from "@berth/shared/api/alerts";
import { alertMessageSchema, type AlertMessage } from "../alerts/messages.ts";
import type { SilenceRecord } from "../alerts/silences.ts";
import { alertStateSchema, idOf, type AlertState } from "../alerts/state.ts";
import { decode, encode } from "./columns.ts";
import type { Queryable } from "./database.ts";
import { iso } from "./moments.ts";
import type { AlertMessagesTable, AlertSilencesTable, AlertsTable } from "./tables/alerts.ts";

/** Ended alerts that are kept, and messages that are delivered or given up. */
const keptAlerts = 1000;
const keptMessages = 200;

/** Active ones. */
export async function listActiveAlerts(database: Queryable): Promise<AlertState[]> {
  const rows = await database.selectFrom("alerts").selectAll().where("endedAt", "is", null).orderBy("id").execute();
  return rows.map(toState);
}

/** Ended ones, the latest first. */
export async function listEndedAlerts(database: Queryable, limit = keptAlerts): Promise<AlertState[]> {
  const rows = await database
    .selectFrom("alerts")
    .selectAll()
    .where("endedAt", "is not", null)
    .orderBy("endedAt", "desc")
    .limit(limit)
    .execute();
  return rows.map(toState);
}

export async function putAlert(database: Queryable, state: AlertState): Promise<void> {
  const { key, endedAt } = state;
  const row = { id: idOf(state), key, endedAt: endedAt === null ? null : iso(endedAt), state: encode(state) };
  await database
    .insertInto("alerts")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
}

export async function removeAlert(database: Queryable, state: AlertState): Promise<void> {
  await database.deleteFrom("alerts").where("id", "=", idOf(state)).execute();
}

export async function pruneAlerts(database: Queryable): Promise<void> {
  await database
    .deleteFrom("alerts")
    .where("endedAt", "is not", null)
    .where("id", "not in", (query) =>
      query
        .selectFrom("alerts")
        .select("id")
        .where("endedAt", "is not", null)
        .orderBy("endedAt", "desc")
        .limit(keptAlerts),
    )
    .execute();
}

/** That end after a moment. */
export async function listSilences(database: Queryable, after: number): Promise<SilenceRecord[]> {
  const rows = await database
    .selectFrom("alertSilences")
    .selectAll()
    .where("endsAt", ">", iso(after))
    .orderBy("endsAt")
    .execute();
  return rows.map(toSilence);
}

export async function addSilence(database: Queryable, silence: Omit<SilenceRecord, "id">): Promise<SilenceRecord> {
  const { matchers, comment, account, createdAt, endsAt } = silence;
  const row = await database
    .insertInto("alertSilences")
    .values({ matchers: encode(matchers), comment, account, createdAt: iso(createdAt), endsAt: iso(endsAt) })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toSilence(row);
}

/** Of one that has not ended. null: there is none such. */
export async function endSilence(database: Queryable, id: number, at: number): Promise<SilenceRecord | null> {
  const row = await database
    .updateTable("alertSilences")
    .set({ endsAt: iso(at) })
    .where("id", "=", id)
    .where("endsAt", ">", iso(at))
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? null : toSilence(row);
}

export interface MessageRecord {
  receiver: string;
  message: AlertMessage;
  createdAt: number;
  attempts: number;
  /** null: it is delivered, or given up. */
  nextAttemptAt: number | null;
  deliveredAt: number | null;
  error: string | null;
}

/** The newest first. */
export async function listMessages(database: Queryable): Promise<MessageRecord[]> {
  const rows = await database.selectFrom("alertMessages").selectAll().orderBy("createdAt", "desc").execute();
  return rows.map(toMessage);
}

export async function putMessage(database: Queryable, record: MessageRecord): Promise<void> {
  const { receiver, message, createdAt, attempts, nextAttemptAt, deliveredAt, error } = record;
  const moment = (at: number | null) => (at === null ? null : iso(at));
  const row = {
    ...{ id: message.id, receiver, message: encode(message), createdAt: iso(createdAt), attempts, error },
    ...{ nextAttemptAt: moment(nextAttemptAt), deliveredAt: moment(deliveredAt) },
  };
  await database
    .insertInto("alertMessages")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
}

export async function pruneMessages(database: Queryable): Promise<void> {
  await database
    .deleteFrom("alertMessages")
    .where("nextAttemptAt", "is", null)
    .where("id", "not in", (query) =>
      query.selectFrom("alertMessages").select("id").orderBy("createdAt", "desc").limit(keptMessages),
    )
    .execute();
}

function toState(row: Selectable<AlertsTable>): AlertState {
  return decode(alertStateSchema, row.state, `alert ${row.id}`);
}

function toSilence(row: Selectable<AlertSilencesTable>): SilenceRecord {
  const { id, comment, account } = row;
  const matchers = decode(silenceMatchersSchema, row.matchers, `silence ${id}`);
  return { id, matchers, comment, account, createdAt: Date.parse(row.createdAt), endsAt: Date.parse(row.endsAt) };
}

function toMessage(row: Selectable<AlertMessagesTable>): MessageRecord {
  const { id, receiver, attempts, error } = row;
  const moment = (at: string | null) => (at === null ? null : Date.parse(at));
  return {
    ...{ receiver, attempts, error, message: decode(alertMessageSchema, row.message, `alert message ${id}`) },
    ...{ createdAt: Date.parse(row.createdAt), nextAttemptAt: moment(row.nextAttemptAt) },
    deliveredAt: moment(row.deliveredAt),
  };
}
