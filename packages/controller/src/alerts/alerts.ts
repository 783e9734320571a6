/** The room of alerts: looks every few seconds, keeps what it finds, has it told, and answers what there is. */
import { EventEmitter } from "node:events";
import type { Alert, AlertReceiverStatus, Silence, SilenceMatchers, TestAlertsResult } from "@berth/shared/api/alerts";
import type { AlertCount } from "@berth/shared/api/live";
import { receiverKind, type AlertReceiver } from "@berth/shared/fleet/alert-receivers";
import { effectiveRules } from "@berth/shared/fleet/alert-rules";
import { BerthError, toBerthError } from "@berth/shared/errors";
import type { Fleet } from "@berth/shared/fleet/schema";
import {
  addSilence,
  endSilence,
  listActiveAlerts,
  listEndedAlerts,
  listMessages,
  listSilences,
  putMessage,
} from "../inventory/alerts.ts";
import type { Inventory } from "../inventory/database.ts";
import { lastLook } from "../inventory/looks.ts";
import { recordEvent } from "../inventory/events.ts";
import { createRecurring } from "../schedules/recurring.ts";
import { messageRecord, testMessage } from "./compose.ts";
import { createDelivery } from "./delivery.ts";
import { evaluate, skipTime } from "./evaluate.ts";
import { requireKnown } from "./known-matchers.ts";
import { nodeOwnersOf } from "./labels.ts";
import { alertsLook } from "./names.ts";
import { isEndUntold, messagesDue, type AlertMessage } from "./messages.ts";
import { observe } from "./observe.ts";
import { inOrder, isShown, matcherWords, presentAlert, presentSilence } from "./present.ts";
import type { Readings } from "./readings.ts";
import { saveLook, type LookResult } from "./save.ts";
import { idOf, type AlertState } from "./state.ts";
import type { AlertView } from "./view.ts";

export interface AlertsRoom {
  events: EventEmitter<{ change: [AlertCount] }>;
  /** At this moment. */
  count: () => AlertCount;
  list: (recent: number) => Promise<AlertList>;
  /** Of one receiver, or (null) of each. Throws `not-found`. */
  test: (receiver: string | null) => Promise<TestAlertsResult[]>;
  /** Throws `not-found` for a name that the fleet does not know. */
  silence: (
    request: { matchers: SilenceMatchers; seconds: number; comment: string },
    account: string,
  ) => Promise<Silence>;
  /** Throws `not-found`. */
  endSilence: (id: number, account: string) => Promise<Silence>;
  close: () => Promise<void>;
}

export interface AlertList {
  active: Alert[];
  recent: Alert[];
  silences: Silence[];
  receivers: AlertReceiverStatus[];
}

export interface AlertsDependencies {
  inventory: Inventory;
  /** null: nothing was applied yet. */
  fleet: () => Promise<Fleet | null>;
  /** What there is at this moment beside samples. */
  view: () => Promise<Pick<AlertView, "status" | "fileSystems" | "backups" | "certificates" | "atWork">>;
  readings: Readings;
  send: (receiver: string, settings: AlertReceiver, message: AlertMessage) => Promise<string>;
  /** Why nothing can be sent to it; null: nothing is known of that. */
  missing: (receiver: string, settings: AlertReceiver) => string | null;
  redact: (text: string) => string;
  onFailure: (error: unknown, what: string) => void;
  now?: () => number;
  /** Agents come back first. */
  startDelayMilliseconds?: number;
  lookMilliseconds?: number;
}

/** Of the processor, looking may take one part in twenty. */
const leisure = 19;
/** Between two looks; after more, nobody knows what was in between. */
const gapMilliseconds = 120_000;
const beatMilliseconds = 60_000;
const returnMilliseconds = 24 * 3_600_000;
const failureMilliseconds = 15_000;

export async function openAlerts(dependencies: AlertsDependencies): Promise<AlertsRoom> {
  const {
    inventory,
    readings,
    now = Date.now,
    startDelayMilliseconds = 15_000,
    lookMilliseconds = 5000,
  } = dependencies;
  const { database } = inventory;
  const events = new EventEmitter<{ change: [AlertCount] }>();
  const past = await listEndedAlerts(database);
  const lastEnds = new Map(past.toReversed().map((state) => [state.key, state]));
  let active: ReadonlyMap<string, AlertState> = new Map(
    (await listActiveAlerts(database)).map((state) => [state.key, state]),
  );
  /** Ended, and somebody is yet to be told. */
  let untold: AlertState[] = past.filter((state) => Object.values(state.told).some(({ ended }) => ended === null));
  let lookedAt = Date.parse((await lastLook(database, alertsLook)) ?? "");
  let beatAt = -Infinity;
  const delivery = createDelivery({
    records: await listMessages(database),
    send: (receiver, settings, { message }) => dependencies.send(receiver, settings, message),
    save: (record) => putMessage(database, record),
    now,
    onFailure: (error) => dependencies.onFailure(error, "What became of a message could not be recorded"),
  });

  function returnsOf(key: string): number {
    const last = lastEnds.get(key);
    return last !== undefined && now() - (last.endedAt ?? 0) < returnMilliseconds ? last.returns + 1 : 0;
  }

  async function look(): Promise<void> {
    const fleet = await dependencies.fleet();
    if (fleet === null) return;
    try {
      await lookAt(fleet);
    } finally {
      // Whatever keeps it from looking: what waits is to arrive.
      delivery.look(fleet.alerts.receivers);
    }
  }

  async function lookAt(fleet: Fleet): Promise<void> {
    const at = now();
    const gap = at - lookedAt;
    // Of clocks that are set, too.
    const isMoved = gap > gapMilliseconds || gap < 0;
    const before = isMoved ? skipTime(active, gap) : active;
    const view = await viewAt(fleet, at);
    const evaluation = evaluate(before, observe(effectiveRules(fleet.alerts), view), { now: at, returnsOf });
    const ended = evaluation.changed.filter(({ phase }) => phase === "ended");
    const tellings = messagesDue({
      states: [...evaluation.active.values(), ...untold, ...ended],
      receivers: fleet.alerts.receivers,
      silences: await listSilences(database, at),
      group: fleet.alerts.group,
      now: at,
      ...{ lastMessageAt: delivery.lastMessageAt, isWaiting: delivery.isWaiting },
    });
    const noted = new Map(tellings.flatMap(({ states }) => states).map((state) => [idOf(state), state]));
    const latest = (state: AlertState) => noted.get(idOf(state)) ?? state;
    const isBeat = at - beatAt >= beatMilliseconds;
    const result: LookResult = {
      changed: [...(isMoved ? evaluation.active.values() : []), ...evaluation.changed.map(latest), ...noted.values()],
      begun: evaluation.changed.filter(
        (state) => state.phase === "firing" && before.get(state.key)?.phase !== "firing",
      ),
      ended,
      dropped: evaluation.dropped,
      messages: tellings.map(({ receiver, alerts }) => messageRecord(fleet, receiver, { at, alerts, test: false })),
      isBeat,
    };
    await saveLook(database, result);
    // Only now: what could not be stored is found again at the next look.
    active = new Map([...evaluation.active].map(([key, state]) => [key, latest(state)]));
    untold = [...untold, ...ended].map(latest).filter((state) => isEndUntold(state, fleet.alerts.receivers));
    for (const state of ended) lastEnds.set(state.key, state);
    lookedAt = at;
    if (isBeat) beatAt = at;
    for (const record of result.messages) delivery.add(record);
    if (result.begun.length > 0 || ended.length > 0) tellChange();
  }

  async function viewAt(fleet: Fleet, at: number): Promise<AlertView> {
    const seen = await dependencies.view();
    readings.note(seen.status, at);
    return {
      ...seen,
      now: at,
      ...{ tenants: fleet.tenants, services: fleet.services, nodeOwners: nodeOwnersOf(fleet.tenants) },
      means: readings.means(at),
      disk: readings.disk,
      restarts: (node, container, seconds) => readings.restarts(node, container, { seconds, now: at }),
      outOfMemory: (node, container, seconds) => readings.outOfMemory(node, container, { seconds, now: at }),
      receivers: Object.entries(fleet.alerts.receivers).map(([receiver, settings]) => ({
        receiver,
        error: dependencies.missing(receiver, settings) ?? delivery.standing(receiver).error,
      })),
    };
  }

  function count(): AlertCount {
    const firing = [...active.values()].filter(({ phase }) => phase === "firing");
    const critical = firing.filter(({ severity }) => severity === "critical");
    return { firing: firing.length, critical: critical.length };
  }

  const tellChange = () => events.emit("change", count());

  const recurring = createRecurring({
    startDelayMilliseconds,
    async work() {
      const began = performance.now();
      await look();
      return Math.max(lookMilliseconds, (performance.now() - began) * leisure);
    },
    onFailure: (error) => dependencies.onFailure(error, "What is amiss could not be looked at"),
    failureMilliseconds,
  });

  return {
    events,
    count,
    async list(recent) {
      const [fleet, silences, ended] = await Promise.all([
        dependencies.fleet(),
        listSilences(database, now()),
        listEndedAlerts(database, recent),
      ]);
      const shown = [...active.values()].filter(isShown);
      return {
        active: inOrder(shown.map((state) => presentAlert(state, silences, now()))),
        recent: ended.map((state) => presentAlert(state, silences, now())),
        silences: silences.map(presentSilence),
        receivers: Object.entries(fleet?.alerts.receivers ?? {}).map(([name, settings]) => {
          const { error, undelivered, deliveredAt, nextAttemptAt } = delivery.standing(name);
          const problem = dependencies.missing(name, settings) ?? error;
          return {
            ...{ name, kind: receiverKind(settings), problem, undelivered },
            deliveredAt: deliveredAt === null ? null : new Date(deliveredAt).toISOString(),
            nextAttemptAt: nextAttemptAt === null ? null : new Date(nextAttemptAt).toISOString(),
          };
        }),
      };
    },
    async test(receiver) {
      const fleet = await dependencies.fleet();
      const receivers = Object.entries(fleet?.alerts.receivers ?? {});
      const chosen = receivers.filter(([name]) => receiver === null || name === receiver);
      if (fleet === null || chosen.length === 0)
        throw noReceiver(
          receiver,
          receivers.map(([name]) => name),
        );
      const results = await Promise.all(
        chosen.map(([name, settings]) =>
          tryOut(() => dependencies.send(name, settings, testMessage(fleet, now())), name),
        ),
      );
      for (const { receiver: name, delivered } of results) if (delivered) delivery.hasten(name);
      return results;
    },
    async silence({ matchers, seconds, comment }, account) {
      const [fleet, { status }] = await Promise.all([dependencies.fleet(), dependencies.view()]);
      requireKnown(matchers, { fleet, status, active: active.values() });
      const at = now();
      const text = dependencies.redact(comment);
      const added = { matchers, comment: text, account, createdAt: at, endsAt: at + seconds * 1000 };
      const silence = await addSilence(database, added);
      const message = `${account} silenced alerts of ${matcherWords(matchers)} until ${new Date(silence.endsAt).toISOString()}`;
      await recordEvent(database, { kind: "alert.silenced", message, data: { silence: silence.id, account } });
      tellChange();
      return presentSilence(silence);
    },
    async endSilence(id, account) {
      const silence = await endSilence(database, id, now());
      if (silence === null) {
        throw new BerthError("not-found", `No silence ${id} is in force`, { hint: "See `berth alert silences`." });
      }
      const message = `${account} ended silence ${id} of ${matcherWords(silence.matchers)}`;
      await recordEvent(database, { kind: "alert.unsilenced", message, data: { silence: id, account } });
      tellChange();
      return presentSilence(silence);
    },
    async close() {
      await recurring.close();
      await delivery.close();
    },
  };
}

async function tryOut(send: () => Promise<string>, receiver: string): Promise<TestAlertsResult> {
  const began = performance.now();
  const milliseconds = () => Math.round(performance.now() - began);
  try {
    const answer = await send();
    return { receiver, delivered: true, answer, milliseconds: milliseconds() };
  } catch (error) {
    const { message, hint } = toBerthError(error);
    const answer = hint === undefined ? message : `${message} (${hint})`;
    return { receiver, delivered: false, answer, milliseconds: milliseconds() };
  }
}

function noReceiver(receiver: string | null, known: readonly string[]): BerthError {
  const hint =
    known.length === 0
      ? "Name one in the fleet file, under alerts.receivers; docs/alerts.md shows each kind."
      : `There are ${known.join(", ")}.`;
  const message = receiver === null ? "The fleet has no receivers of alerts" : `No receiver is named '${receiver}'`;
  return new BerthError("not-found", message, { hint });
}
