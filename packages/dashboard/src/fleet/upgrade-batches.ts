/** An upgrade that is under way, or over, as a reader follows it: canary, then batches. Pure. */
import type { Run, Step } from "@berth/shared/api/runs";
import type { InstanceCheck, InstanceMove, Upgrade } from "@berth/shared/api/upgrades";

export const upgradeKind = "upgrade";
const moveKind = "instance.upgrade";

/** How far one instance is. `not moved`: its turn never came, it was passed by, or the run was cancelled before. */
export type MoveState = "waiting" | "running" | "upgraded" | "went back" | "failed" | "not moved";

export interface BatchMove {
  instance: string;
  state: MoveState;
  step: Step;
  /** What became of it, where that is recorded. */
  move: InstanceMove | undefined;
}

export interface Batch {
  /** "Canary", "Batch 2 of 4" */
  title: string;
  state: "waiting" | "running" | "ended";
  moves: BatchMove[];
}

/** A batch comes after every step of the former one, so those that follow equally many are one. */
export function upgradeBatches(run: Pick<Run, "steps">, upgrade: Upgrade | undefined): Batch[] {
  const steps = run.steps.filter(({ kind }) => kind === moveKind);
  const byId = new Map(steps.map((step) => [step.id, step]));
  const levels = new Map<string, number>();
  const levelOf = (step: Step): number => {
    const known = levels.get(step.id);
    if (known !== undefined) return known;
    // Not a number yet: a step that follows itself ends here rather than never.
    levels.set(step.id, 0);
    const before = step.after.flatMap((id) => byId.get(id) ?? []).map(levelOf);
    const level = before.length === 0 ? 0 : Math.max(...before) + 1;
    levels.set(step.id, level);
    return level;
  };
  const moves = new Map(upgrade?.instances.map((move) => [move.instance, move]));
  const batches = [...Map.groupBy(steps, levelOf)].toSorted(([a], [b]) => a - b);
  return batches.map(([, own], index) => {
    const shown = own.map((step) => batchMove(step, moves.get(step.target), upgrade !== undefined));
    return { title: titleOf(index, batches.length, own.length), state: batchState(shown), moves: shown };
  });
}

/** The upgrade whose instances a run moves: their parts began while the run went on. */
export function upgradeOfRun(run: Run, upgrades: readonly Upgrade[]): Upgrade | undefined {
  const targets = new Set(run.steps.filter(({ kind }) => kind === moveKind).map(({ target }) => target));
  return upgrades.find(
    ({ startedAt, instances }) =>
      startedAt >= run.createdAt &&
      (run.endedAt === null || startedAt <= run.endedAt) &&
      instances.some(({ instance }) => targets.has(instance)),
  );
}

function titleOf(index: number, batches: number, size: number): string {
  if (index === 0 && size === 1) return batches === 1 ? "The only one" : "Canary";
  return `Batch ${index + 1} of ${batches}`;
}

function batchMove(step: Step, move: InstanceMove | undefined, isKnown: boolean): BatchMove {
  return { instance: step.target, state: moveState(step, move, isKnown), step, move };
}

/** `isKnown`: what became of the upgrade's instances is, so that one without a record was passed by. */
function moveState({ state }: Step, move: InstanceMove | undefined, isKnown: boolean): MoveState {
  if (state === "waiting" || state === "running") return state;
  if (move?.outcome === "went-back") return "went back";
  if (state === "succeeded") return isKnown && move === undefined ? "not moved" : "upgraded";
  return state === "failed" ? "failed" : "not moved";
}

function batchState(moves: readonly BatchMove[]): Batch["state"] {
  if (moves.every(({ state }) => state === "waiting")) return "waiting";
  return moves.some(({ state }) => state === "running" || state === "waiting") ? "running" : "ended";
}

/** How the moves of an upgrade ended, in words: "11 upgraded, 1 went back". */
export function movesText(moves: readonly Pick<InstanceMove, "outcome">[]): string {
  const number = (outcome: InstanceMove["outcome"]) => moves.filter((move) => move.outcome === outcome).length;
  const parts: [number, string][] = [
    [number("upgraded"), "upgraded"],
    [number("went-back"), "went back"],
    [number(null), "without an end"],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}

/** Whether there is something newer that it may be moved to, or what it runs was published anew. */
export function isBehind({ patch, minor, major, rebuilt }: InstanceCheck): boolean {
  return patch !== null || minor !== null || major !== null || rebuilt !== null;
}

/** The longest time that one of the instances did not answer; undefined before any of them moved. */
export function longestGap(moves: readonly InstanceMove[]): number | undefined {
  const gaps = moves.flatMap(({ gapMilliseconds }) => gapMilliseconds ?? []);
  return gaps.length === 0 ? undefined : Math.max(...gaps);
}
