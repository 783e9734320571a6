/** What an operation spent its time with, one phase after the other. */
import * as z from "zod";

/** The words for it. Agents of other versions may have others. */
export type PhaseName =
  | "wait its turn"
  | "wait for Docker"
  | "pull"
  | "check space"
  | "copy"
  | "stop"
  | "create"
  | "start"
  | "wait until healthy"
  | "probation"
  | "go back"
  | "put back"
  | "remove"
  | "open repository"
  | "back up"
  | "record"
  | "fetch"
  | "restore"
  | "check"
  | "prune"
  | "look through route"
  | "update"
  | "connect"
  | "install"
  | "wait until online";

/** Of one operation. What is beyond it is not told. */
export const mostPhases = 200;
/** What is shorter makes no operation slow, and is not told. */
export const leastPhaseMilliseconds = 10;

const nameSchema = z.string().regex(/^[A-Za-z][A-Za-z -]{0,39}$/);
/** Characters. */
export const longestTarget = 256;
const targetSchema = z.string().max(longestTarget).optional();
const milliseconds = z.int().nonnegative().describe("How long it took");

/** As an operation tells it. */
export const phaseSchema = z.strictObject({
  name: nameSchema,
  target: targetSchema,
  at: z.int().describe("When it began, milliseconds since the epoch, by the clock of who tells it"),
  milliseconds,
});
export const phasesSchema = z.array(phaseSchema).max(mostPhases);

/** Of a step. */
export const stepPhaseSchema = z.object({
  name: nameSchema.describe("pull, stop, copy, start, wait until healthy …"),
  target: targetSchema.describe("Container, image, volume or the like; left out: what the step is about"),
  startMilliseconds: z.int().nonnegative().describe("After the step began"),
  milliseconds,
});

export type Phase = z.output<typeof phaseSchema>;
export type StepPhase = z.output<typeof stepPhaseSchema>;

/** As tenths of a second, what is shorter would be nothing. */
const leastTotalMilliseconds = 50;

export interface PhaseTotal {
  name: string;
  milliseconds: number;
}

/** How long each phase took over all, in the order in which they began first. */
export function phaseTotals(phases: readonly Pick<StepPhase, "name" | "milliseconds">[]): PhaseTotal[] {
  const totals = new Map<string, number>();
  for (const { name, milliseconds: took } of phases) totals.set(name, (totals.get(name) ?? 0) + took);
  return [...totals]
    .map(([name, took]) => ({ name, milliseconds: took }))
    .filter(({ milliseconds: took }) => took >= leastTotalMilliseconds);
}

/** From here on people ask where a step's time went. */
const slowMilliseconds = 5_000;

/** What to tell of a step unasked: nothing of one that was quick, or that did one thing. */
export function phasesWorthTelling(phases: readonly StepPhase[], tookMilliseconds: number): PhaseTotal[] {
  const totals = tookMilliseconds < slowMilliseconds ? [] : phaseTotals(phases);
  return totals.length < 2 ? [] : totals;
}
