import { alertReceiverSchema } from "@berth/shared/fleet/alert-receivers";
import { beforeEach, expect, test } from "vitest";
import type { MessageRecord } from "../inventory/alerts.ts";
import { createDelivery, type Delivery } from "./delivery.ts";

const hour = 3_600_000;
const receivers = { ops: alertReceiverSchema.parse({ webhook: {} }) };
let now: number;
let refusal: Error | null;
let attempts: number;
let delivery: Delivery;

function record(): MessageRecord {
  const message = { id: "7e9c", at: now, fleet: "valuechain", url: "https://x/alerts", test: false, alerts: [] };
  return { receiver: "ops", message, createdAt: now, attempts: 0, nextAttemptAt: now, deliveredAt: null, error: null };
}

async function look(): Promise<void> {
  delivery.look(receivers);
  await delivery.close();
}

beforeEach(() => {
  [now, refusal, attempts] = [10 * hour, null, 0];
  delivery = createDelivery({
    ...{ records: [], now: () => now, save: () => Promise.resolve() },
    send: async () => {
      attempts += 1;
      if (refusal !== null) throw refusal;
      return "200 OK";
    },
    onFailure: (error) => {
      throw error;
    },
  });
});

test("a clock that was set back by hours keeps nothing from being tried again", async () => {
  refusal = new Error("503");
  delivery.add(record());
  await look();
  await look();
  expect(attempts).toBe(1);
  now -= 3 * hour;
  await look();
  expect(attempts).toBe(2);
  await look();
  expect(attempts).toBe(2);
});

test("what waits for a receiver is tried at once when it is known to take messages again", async () => {
  refusal = new Error("503");
  delivery.add(record());
  await look();
  refusal = null;
  await look();
  expect(attempts).toBe(1);
  delivery.hasten("ops");
  await look();
  expect([attempts, delivery.standing("ops")]).toMatchObject([2, { undelivered: 0, error: null }]);
  delivery.hasten("ops");
  await look();
  expect(attempts).toBe(2);
});
