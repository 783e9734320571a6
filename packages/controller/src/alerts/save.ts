/** Stores what one look has found, all of it or nothing. */
import type { EventKind } from "@berth/shared/api/events";
import {
  putAlert,
  putMessage,
  pruneAlerts,
  pruneMessages,
  removeAlert,
  type MessageRecord,
} from "../inventory/alerts.ts";
import type { Queryable } from "../inventory/database.ts";
import { recordEvent } from "../inventory/events.ts";
import { recordLook } from "../inventory/looks.ts";
import { alertsLook } from "./names.ts";
import { idOf, type AlertState } from "./state.ts";

export interface LookResult {
  /** Later ones of the same alert count. */
  changed: readonly AlertState[];
  /** Among them, for the fleet's history. */
  begun: readonly AlertState[];
  ended: readonly AlertState[];
  dropped: readonly AlertState[];
  messages: readonly MessageRecord[];
  /** Whether it is to be noted that somebody looked. */
  isBeat: boolean;
}

export async function saveLook(database: Queryable, result: LookResult): Promise<void> {
  const { changed, begun, ended, dropped, messages, isBeat } = result;
  if (!isBeat && changed.length === 0 && dropped.length === 0 && messages.length === 0) return;
  const states = new Map(changed.map((state) => [idOf(state), state]));
  await database.transaction().execute(async (transaction) => {
    for (const state of dropped) await removeAlert(transaction, state);
    for (const state of states.values()) await putAlert(transaction, state);
    for (const record of messages) await putMessage(transaction, record);
    for (const state of begun) await recordEvent(transaction, eventOf("alert.begun", state, state.summary));
    for (const state of ended) await recordEvent(transaction, eventOf("alert.ended", state, `Over: ${state.summary}`));
    if (ended.length > 0) await pruneAlerts(transaction);
    if (messages.length > 0) await pruneMessages(transaction);
    if (isBeat) await recordLook(transaction, alertsLook);
  });
}

function eventOf(kind: EventKind, { rule, severity, labels: { node, instance } }: AlertState, message: string) {
  return {
    ...{ kind, message, data: { rule, severity } },
    ...(node === undefined ? {} : { node }),
    ...(instance === undefined ? {} : { instance }),
  };
}
