/** A run that upgrades a tenant and makes another one, going one move further whenever it is told to. */
import { runSchema, type LogLine, type Run, type Step, type StepState } from "@berth/shared/api/runs";
import type { StepPhase } from "@berth/shared/operations/phases";

type StepPlan = [id: string, node: string | null, after: string[], reason: string];

const plan: StepPlan[] = [
  ["database.ensure/user3_n8n", null, [], "there is no database of this name"],
  ["database.ensure/user3_flowise", null, [], "there is no database of this name"],
  ["image.ensure/n8n:2.41.3", "user2", [], "the image is not on the node"],
  ["instance.ensure/user2-n8n", "user2", ["image.ensure/n8n:2.41.3"], "version 2.40.0 -> 2.41.3"],
  ["lxc.ensure/user3", "user3", [], "there is no LXC 113"],
  ["agent.ensure/user3", "user3", ["lxc.ensure/user3"], "the node has no agent"],
  ["image.ensure/n8n:2.41.3@user3", "user3", ["agent.ensure/user3"], "the image is not on the node"],
  [
    "instance.ensure/user3-n8n",
    "user3",
    ["database.ensure/user3_n8n", "image.ensure/n8n:2.41.3@user3"],
    "there is no such instance",
  ],
  ["image.ensure/flowise:3.1.4@user3", "user3", ["agent.ensure/user3"], "the image is not on the node"],
  [
    "instance.ensure/user3-flowise",
    "user3",
    ["database.ensure/user3_flowise", "image.ensure/flowise:3.1.4@user3"],
    "there is no such instance",
  ],
];

const progressLines = [
  "pulling layer 3 of 9, 41.2 of 118 MiB",
  "pulling layer 7 of 9, 97.0 of 118 MiB",
  "verifying the digest",
  "creating the container",
  "waiting for http://127.0.0.1:5678/healthz",
];

export interface ScriptedRun {
  readonly run: Run;
  readonly log: readonly LogLine[];
  /** One line of log, or one step further. Answers with the line, if it was one. */
  advance: (now: number) => LogLine | undefined;
  /** Ends the step that is running with an error, and what depends on it. `restartWith`: it cannot be resumed. */
  fail: (now: number, restartWith?: string) => void;
  cancel: (now: number) => void;
  resume: () => void;
  /** Has a step that ended told what its time went into, which was as long as the phases. */
  tellPhases: (step: string, phases: StepPhase[]) => void;
}

export function makeScriptedRun(id: number, startedAt: number): ScriptedRun {
  const steps: Step[] = plan.map(([stepId, node, after, reason]) => ({
    id: stepId,
    kind: stepId.split("/")[0] ?? "",
    node,
    target: stepId.split("/")[1]?.split("@")[0] ?? "",
    change: reason.startsWith("version") ? "update" : "create",
    reason,
    after,
    state: "waiting",
    attempt: 1,
    startedAt: null,
    endedAt: null,
    progress: null,
    error: null,
  }));
  const log: LogLine[] = [];
  let endedAt: string | null = null;
  let begunAnewWith: string | undefined;
  let move = 0;

  const stateOf = (step: string) => steps.find((one) => one.id === step)?.state;
  const isReady = (step: Step) =>
    step.state === "waiting" && step.after.every((before) => stateOf(before) === "succeeded");
  const end = (step: Step, state: StepState, now: number) => {
    step.state = state;
    step.endedAt = new Date(now).toISOString();
  };
  const write = (step: Step, line: string, now: number): LogLine => {
    const entry = { sequence: log.length + 1, at: new Date(now).toISOString(), step: step.id, line };
    log.push(entry);
    step.progress = line;
    return entry;
  };

  return {
    get run() {
      const state = stateOfRun(steps);
      return runSchema.parse({
        id,
        kind: "apply",
        account: "admin",
        state,
        createdAt: new Date(startedAt).toISOString(),
        endedAt: state === "running" ? null : endedAt,
        counts: countsOf(steps),
        steps,
        restartWith: begunAnewWith,
      });
    },
    log,
    advance: (now) => {
      move += 1;
      const running = steps.filter((step) => step.state === "running");
      for (const step of steps.filter(isReady).slice(0, 3 - running.length)) {
        step.state = "running";
        step.startedAt = new Date(now).toISOString();
        return write(step, `${step.kind} ${step.target}: ${step.reason}`, now);
      }
      const [first] = running;
      if (!first) return undefined;
      if (move % 6 !== 0) return write(first, progressLines[move % progressLines.length] ?? "", now);
      end(first, "succeeded", now);
      endedAt = new Date(now).toISOString();
      return write(first, "done", now);
    },
    fail: (now, restartWith) => {
      const step = steps.find((one) => one.state === "running");
      if (!step) return;
      end(step, "failed", now);
      begunAnewWith = restartWith;
      step.error = {
        code: "image.unavailable",
        message: "The registry answered 404 for n8n:2.41.3.",
        hint: "Is the version in the fleet file right?",
      };
      for (const other of steps) if (other.state === "waiting") other.state = "skipped";
      for (const other of steps) if (other.state === "running") end(other, "cancelled", now);
      endedAt = new Date(now).toISOString();
    },
    cancel: (now) => {
      for (const step of steps) if (step.state === "running" || step.state === "waiting") end(step, "cancelled", now);
      endedAt = new Date(now).toISOString();
    },
    tellPhases: (told, phases) => {
      const step = steps.find((one) => one.id === told);
      const last = phases.at(-1);
      if (typeof step?.endedAt !== "string" || last === undefined) return;
      const took = last.startMilliseconds + last.milliseconds;
      step.startedAt = new Date(Date.parse(step.endedAt) - took).toISOString();
      step.phases = phases;
    },
    resume: () => {
      for (const step of steps) {
        if (step.state === "succeeded") continue;
        Object.assign(step, {
          state: "waiting",
          startedAt: null,
          endedAt: null,
          error: null,
          attempt: step.attempt + 1,
        });
      }
    },
  };
}

function stateOfRun(steps: readonly Step[]): Run["state"] {
  if (steps.some((step) => step.state === "running" || step.state === "waiting")) return "running";
  if (steps.some((step) => step.state === "failed")) return "failed";
  return steps.some((step) => step.state === "cancelled") ? "cancelled" : "succeeded";
}

function countsOf(steps: readonly Step[]): Run["counts"] {
  const counts = { waiting: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
  for (const step of steps) counts[step.state] += 1;
  return counts;
}
