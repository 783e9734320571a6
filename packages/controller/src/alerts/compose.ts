/** Messages as they are made. */
import { randomUUID } from "node:crypto";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { MessageRecord } from "../inventory/alerts.ts";
import type { AlertMessage, ToldAlert } from "./messages.ts";

export function messageRecord(
  fleet: Fleet,
  receiver: string,
  content: Pick<AlertMessage, "at" | "alerts" | "test">,
): MessageRecord {
  const message: AlertMessage = { ...content, id: randomUUID(), fleet: fleet.fleet, url: pageUrl(fleet) };
  const { at } = content;
  return { receiver, message, createdAt: at, attempts: 0, nextAttemptAt: at, deliveredAt: null, error: null };
}

function pageUrl({ controller: { address, port } }: Fleet): string {
  return `https://${address}:${port}/alerts`;
}

export function testMessage(fleet: Fleet, at: number): AlertMessage {
  const labels = {};
  const alert: ToldAlert = {
    ...{ id: `test@${at}`, key: "test", rule: "test", severity: "warning", labels, value: null, repeated: false },
    ...{ summary: "This is a test of an alert", description: "Nothing is amiss: somebody asked for it." },
    ...{ status: "firing", startsAt: at, endsAt: null },
  };
  return messageRecord(fleet, "", { at, test: true, alerts: [alert] }).message;
}
