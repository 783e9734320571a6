/** What is to be told to whom at this moment, of the alerts that there are. Pure. */
import { type AlertReceiver } from "@berth/shared/fleet/alert-receivers";
import type { Alerts } from "@berth/shared/fleet/alerts";
import * as z from "zod";
import { silencesOf, type SilenceRecord } from "./silences.ts";
import { alertStateSchema, idOf, type AlertState } from "./state.ts";

const toldAlertSchema = alertStateSchema
  .pick({ key: true, rule: true, severity: true, labels: true, summary: true, description: true, value: true })
  .extend({
    id: z.string(),
    status: z.enum(["firing", "resolved"]),
    startsAt: z.number(),
    endsAt: z.number().nullable(),
    repeated: z.boolean(),
  });
export type ToldAlert = z.output<typeof toldAlertSchema>;

/** One message to one receiver. */
export const alertMessageSchema = z.object({
  id: z.string(),
  at: z.number(),
  fleet: z.string(),
  url: z.string().describe("The page"),
  test: z.boolean(),
  alerts: z.array(toldAlertSchema),
});
export type AlertMessage = z.output<typeof alertMessageSchema>;

export interface MessageQuestion {
  /** Active ones, and those that have ended and of whose end somebody is yet to be told. */
  states: readonly AlertState[];
  receivers: Readonly<Record<string, AlertReceiver>>;
  silences: readonly SilenceRecord[];
  group: Alerts["group"];
  now: number;
  /** When the last message to a receiver was made. */
  lastMessageAt: (receiver: string) => number | undefined;
  /** A message to it waits for being delivered: what else there is comes with the next one. */
  isWaiting: (receiver: string) => boolean;
}

export interface Telling {
  receiver: string;
  alerts: ToldAlert[];
  /** The alerts, with the telling noted in them. */
  states: AlertState[];
}

interface Candidate {
  state: AlertState;
  status: ToldAlert["status"];
  repeated: boolean;
  /** Since when it is to be told. */
  since: number;
}

export function messagesDue(question: MessageQuestion): Telling[] {
  const { receivers, group, now, isWaiting, lastMessageAt } = question;
  const tellings: Telling[] = [];
  // Each receiver notes its part in what the one before it has left.
  let states = question.states;
  for (const [name, receiver] of Object.entries(receivers)) {
    if (isWaiting(name) || !hasPassed(now - (lastMessageAt(name) ?? -Infinity), group.interval)) continue;
    const candidates = states.flatMap((state) => candidateOf(state, { ...question, name, receiver }));
    const oldest = Math.min(...candidates.map(({ since }) => since));
    if (candidates.length === 0 || !hasPassed(now - oldest, group.wait)) continue;
    const noted = new Map(candidates.map((candidate) => [idOf(candidate.state), note(candidate, name, now)]));
    states = states.map((state) => noted.get(idOf(state)) ?? state);
    tellings.push({ receiver: name, alerts: candidates.map(toldAlert), states: [...noted.values()] });
  }
  return tellings;
}

/** A clock that was set back by hours is to keep nobody from being told for hours. */
function hasPassed(milliseconds: number, seconds: number): boolean {
  return milliseconds < 0 || milliseconds >= seconds * 1000;
}

/** Whether what it is of is this receiver's affair. */
export function isFor({ severity, labels }: Pick<AlertState, "severity" | "labels">, receiver: AlertReceiver): boolean {
  if (receiver.severity === "critical" && severity !== "critical") return false;
  return receiver.tenants === undefined || (labels.tenant !== undefined && receiver.tenants.includes(labels.tenant));
}

function candidateOf(
  state: AlertState,
  question: MessageQuestion & { name: string; receiver: AlertReceiver },
): Candidate[] {
  const { name, receiver, now, silences, group } = question;
  const told = state.told[name];
  if (state.phase === "ended") {
    if (told === undefined || told.ended !== null || !receiver.resolved) return [];
    return [{ state, status: "resolved", repeated: false, since: state.endedAt ?? now }];
  }
  // Nobody is told through a receiver that it does not work.
  if (state.phase !== "firing" || state.labels.receiver === name || !isFor(state, receiver)) return [];
  if (silencesOf(state, silences, now).length > 0) return [];
  if (told === undefined) return [{ state, status: "firing", repeated: false, since: state.firedAt ?? now }];
  if (group.repeat === false || now - told.firing < group.repeat * 1000) return [];
  return [{ state, status: "firing", repeated: true, since: told.firing + group.repeat * 1000 }];
}

function note({ state, status }: Candidate, receiver: string, now: number): AlertState {
  const before = state.told[receiver];
  const told = status === "firing" ? { firing: now, ended: null } : { firing: before?.firing ?? now, ended: now };
  return { ...state, told: { ...state.told, [receiver]: told } };
}

function toldAlert({ state, status, repeated }: Candidate): ToldAlert {
  const { key, rule, severity, labels, summary, description, value, firedAt, since, endedAt } = state;
  return {
    ...{ id: idOf(state), key, rule, severity, labels, summary, description, value, status, repeated },
    startsAt: firedAt ?? since,
    endsAt: endedAt,
  };
}

/** Whether somebody is yet to be told that it has ended. */
export function isEndUntold(state: AlertState, receivers: Readonly<Record<string, AlertReceiver>>): boolean {
  return Object.entries(state.told).some(([name, { ended }]) => ended === null && receivers[name]?.resolved === true);
}
