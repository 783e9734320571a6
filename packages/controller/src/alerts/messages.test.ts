import { alertReceiverSchema, type AlertReceiver } from "@berth/shared/fleet/alert-receivers";
import { expect, test } from "vitest";
import { messagesDue, type MessageQuestion } from "./messages.ts";
import type { AlertState } from "./state.ts";

const minute = 60_000;

function firing(changes: Partial<AlertState> = {}): AlertState {
  return {
    ...{ key: "node-gone/user1", rule: "node-gone", severity: "critical", labels: { node: "user1", tenant: "user1" } },
    ...{ summary: "The agent of user1 is not connected", description: "", value: null, phase: "firing", since: 0 },
    ...{ badMilliseconds: 0, badSince: 0, goodSince: null, firedAt: 0, endedAt: null, returns: 0, told: {} },
    ...changes,
  };
}

function receiver(changes: object = {}): AlertReceiver {
  return alertReceiverSchema.parse({ webhook: {}, ...changes });
}

function due(states: AlertState[], changes: Partial<MessageQuestion> = {}) {
  const question: MessageQuestion = {
    ...{ states, receivers: { ops: receiver() }, silences: [], now: minute },
    ...{ group: { wait: 30, interval: 300, repeat: 86_400 }, lastMessageAt: () => undefined, isWaiting: () => false },
    ...changes,
  };
  const tellings = messagesDue(question);
  return {
    tellings,
    told: tellings.map((telling) => [
      telling.receiver,
      ...telling.alerts.map((alert) => `${alert.status} ${alert.key}`),
    ]),
  };
}

test("what begins within a while is one message", () => {
  const states = [firing(), firing({ key: "node-gone/user2", firedAt: 20_000 })];
  expect(due(states, { now: 29_000 }).told).toEqual([]);
  expect(due(states, { now: 31_000 }).told).toEqual([["ops", "firing node-gone/user1", "firing node-gone/user2"]]);
});

test("a receiver gets no message before the interval is over, and none while one waits", () => {
  expect(due([firing()], { lastMessageAt: () => 30_000 }).told).toEqual([]);
  expect(due([firing()], { isWaiting: () => true }).told).toEqual([]);
});

test("a clock that was set back keeps nobody from being told", () => {
  const hours = 3 * 3_600_000;
  expect(due([firing()], { lastMessageAt: () => hours }).told).toEqual([["ops", "firing node-gone/user1"]]);
  expect(due([firing({ firedAt: hours })]).told).toEqual([["ops", "firing node-gone/user1"]]);
});

test("what was told is not told again, but after the time for that; its end is told", () => {
  const told = firing({ told: { ops: { firing: 0, ended: null } } });
  expect(due([told]).told).toEqual([]);
  const [again] = due([told], { now: 86_400_000 + minute }).tellings;
  expect(again?.alerts).toMatchObject([{ status: "firing", repeated: true }]);
  const ended: AlertState = { ...told, phase: "ended", endedAt: 0 };
  const [end] = due([ended]).tellings;
  expect(end?.alerts).toMatchObject([{ status: "resolved", repeated: false }]);
  expect(due(end?.states ?? [], { now: 2 * minute }).told).toEqual([]);
  expect(due([ended], { receivers: { ops: receiver({ resolved: false }) } }).told).toEqual([]);
  // Of what nobody heard of, nobody is told that it is over.
  expect(due([{ ...ended, told: {} }]).told).toEqual([]);
});

test("each tenant's receiver is told what concerns the tenant; severity counts", () => {
  const receivers = {
    all: receiver(),
    user1: receiver({ tenants: ["user1"] }),
    user2: receiver({ tenants: ["user2"] }),
    critical: receiver({ severity: "critical" }),
  };
  const states = [firing({ severity: "warning" })];
  const { tellings, told } = due(states, { receivers });
  expect(told.map(([name]) => name)).toEqual(["all", "user1"]);
  expect(Object.keys(tellings.at(-1)?.states[0]?.told ?? {})).toEqual(["all", "user1"]);
});

test("a silence keeps it from being told until it ends", () => {
  const common = { id: 1, comment: "", account: "anna", createdAt: 0 };
  const silences = [{ ...common, matchers: { node: "user1" }, endsAt: 10 * minute }];
  expect(due([firing()], { silences }).told).toEqual([]);
  expect(due([firing()], { silences, now: 10 * minute }).told).toHaveLength(1);
  expect(due([firing()], { silences: [{ ...common, matchers: { node: "user2" }, endsAt: 9e9 }] }).told).toHaveLength(1);
});

test("that a receiver does not work is told to the others", () => {
  const state = firing({ key: "undelivered/ops", rule: "undelivered", labels: { receiver: "ops" } });
  expect(due([state], { receivers: { ops: receiver(), other: receiver() } }).told.map(([name]) => name)).toEqual([
    "other",
  ]);
});
