/** The steps of a run as a reader sees them: by node, each under the step it follows. Pure. */
import type { Step } from "@berth/shared/api/runs";

export interface StepNode {
  step: Step;
  /** 0 at the left edge. */
  depth: number;
  /** The steps that must still end before this one begins. Empty unless it is waiting. */
  waitsFor: Step[];
}

export interface StepGroup {
  /** null: steps of the controller itself. */
  node: string | null;
  steps: StepNode[];
}

/** The instances of an upgrade follow each other by batches; stairs would tell nothing. */
const besideKind = "instance.upgrade";

/** Groups in the order in which the run first mentions them; within one, every step stands below what it follows. */
export function stepTree(steps: readonly Step[]): StepGroup[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const groups = Map.groupBy(steps, (step) => step.node);
  return [...groups].map(([node, own]) => ({ node, steps: layOut(own, byId) }));
}

function layOut(own: readonly Step[], byId: ReadonlyMap<string, Step>): StepNode[] {
  const ownIds = new Set(own.map((step) => step.id));
  const children = Map.groupBy(own, (step) => parentOf(step, ownIds));
  const laidOut: StepNode[] = [];
  const place = (parent: Step | undefined, below: number): void => {
    for (const step of children.get(parent?.id) ?? []) {
      const depth = parent?.kind === besideKind && step.kind === besideKind ? below - 1 : below;
      laidOut.push({ step, depth, waitsFor: step.state === "waiting" ? unfinished(step, byId) : [] });
      place(step, depth + 1);
    }
  };
  place(undefined, 0);
  return laidOut;
}

/** A step may follow several; it stands under the last of them that is in the same group. */
function parentOf(step: Step, ownIds: ReadonlySet<string>): string | undefined {
  return step.after.findLast((id) => ownIds.has(id) && id !== step.id);
}

function unfinished(step: Step, byId: ReadonlyMap<string, Step>): Step[] {
  return step.after.flatMap((id) => byId.get(id) ?? []).filter(({ state }) => state !== "succeeded");
}

/** How long a step took or has been taking, in milliseconds; undefined before it began. `now`: controller's clock. */
export function stepElapsed(step: Step, now: number): number | undefined {
  if (step.startedAt === null) return undefined;
  return (step.endedAt === null ? now : Date.parse(step.endedAt)) - Date.parse(step.startedAt);
}
