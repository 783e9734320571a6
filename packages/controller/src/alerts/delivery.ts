/** Brings messages to their receivers, again and again until they are taken, and never holds anybody up. */
import type { AlertReceiver } from "@berth/shared/fleet/alert-receivers";
import { BerthError, toBerthError } from "@berth/shared/errors";
import pTimeout from "p-timeout";
import type { MessageRecord } from "../inventory/alerts.ts";

export interface Delivery {
  /** Takes over a message that is stored already. */
  add: (record: MessageRecord) => void;
  /** Begins what is due. Returns at once. */
  look: (receivers: Readonly<Record<string, AlertReceiver>>) => void;
  /** It takes messages again: what waits for it is due at the next look. */
  hasten: (receiver: string) => void;
  /** Whether a message to the receiver waits, or is on its way. */
  isWaiting: (receiver: string) => boolean;
  /** The newest message to the receiver, and when it last took one. */
  standing: (receiver: string) => Standing;
  lastMessageAt: (receiver: string) => number | undefined;
  /** Ends when nothing is on its way any more, or soon after. */
  close: () => Promise<void>;
}

export interface Standing {
  undelivered: number;
  nextAttemptAt: number | null;
  deliveredAt: number | null;
  /** Why the newest message has not arrived. */
  error: string | null;
}

export interface DeliveryDependencies {
  /** The newest first. */
  records: readonly MessageRecord[];
  send: (receiver: string, settings: AlertReceiver, record: MessageRecord) => Promise<string>;
  save: (record: MessageRecord) => Promise<void>;
  now: () => number;
  onFailure: (error: unknown) => void;
}

const second = 1000;
/** Then the last one again and again. */
const backOff = [10, 30, 60, 120, 300, 600, 900].map((seconds) => seconds * second);
/** Older news is none. */
const giveUpMilliseconds = 24 * 3_600_000;
const closingMilliseconds = 2000;

export function createDelivery(dependencies: DeliveryDependencies): Delivery {
  const { send, save, now, onFailure } = dependencies;
  /** By receiver, the newest first. */
  const messages = new Map<string, MessageRecord[]>();
  const underWay = new Map<string, Promise<void>>();
  for (const record of dependencies.records) of(record.receiver).push(record);

  function of(receiver: string): MessageRecord[] {
    const known = messages.get(receiver) ?? [];
    messages.set(receiver, known);
    return known;
  }

  async function attempt(record: MessageRecord, settings: AlertReceiver | undefined): Promise<void> {
    try {
      if (settings === undefined) throw gone();
      await send(record.receiver, settings, record);
      Object.assign(record, { nextAttemptAt: null, deliveredAt: now(), error: null });
    } catch (error) {
      const { message, hint } = toBerthError(error);
      const isGivenUp = settings === undefined || now() - record.createdAt > giveUpMilliseconds;
      const wait = backOff[Math.min(record.attempts, backOff.length - 1)] ?? 0;
      record.error = hint === undefined ? message : `${message} (${hint})`;
      record.nextAttemptAt = isGivenUp ? null : now() + wait;
    }
    record.attempts += 1;
    await save(record);
  }

  return {
    add: (record) => void of(record.receiver).unshift(record),
    look(receivers) {
      for (const [receiver, records] of messages) {
        const due = records.find(({ nextAttemptAt }) => isDue(nextAttemptAt, now()));
        if (due === undefined || underWay.has(receiver)) continue;
        const work = attempt(due, receivers[receiver])
          .catch(onFailure)
          .finally(() => underWay.delete(receiver));
        underWay.set(receiver, work);
        records.splice(mostRecords);
      }
    },
    hasten(receiver) {
      for (const record of messages.get(receiver) ?? [])
        if (record.nextAttemptAt !== null) record.nextAttemptAt = Math.min(record.nextAttemptAt, now());
    },
    isWaiting: (receiver) => messages.get(receiver)?.some(({ nextAttemptAt }) => nextAttemptAt !== null) ?? false,
    standing(receiver) {
      const records = messages.get(receiver) ?? [];
      const waiting = records.filter(({ nextAttemptAt }) => nextAttemptAt !== null);
      return {
        undelivered: waiting.length,
        nextAttemptAt: waiting[0]?.nextAttemptAt ?? null,
        deliveredAt: records.find(({ deliveredAt }) => deliveredAt !== null)?.deliveredAt ?? null,
        error: records[0]?.error ?? null,
      };
    },
    lastMessageAt: (receiver) => messages.get(receiver)?.[0]?.createdAt,
    async close() {
      // What is cut off is sent again at the next start.
      await pTimeout(Promise.all(underWay.values()), { milliseconds: closingMilliseconds, fallback: () => undefined });
    },
  };
}

/** What is further away than anything waits is of a clock that was set back since. */
function isDue(nextAttemptAt: number | null, now: number): boolean {
  if (nextAttemptAt === null) return false;
  return nextAttemptAt <= now || nextAttemptAt - now > Math.max(...backOff);
}

/** Of each receiver, in memory. */
const mostRecords = 20;

function gone(): BerthError {
  return new BerthError("not-found", "The fleet file does not name this receiver any more");
}
