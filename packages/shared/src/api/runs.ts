import * as z from "zod";
import { stepPhaseSchema } from "../operations/phases.ts";
import { changeSchema } from "../operations/plan.ts";
import { defineEndpoint } from "./define.ts";

export const stepStateSchema = z.enum(["waiting", "running", "succeeded", "failed", "cancelled", "skipped"]);
export const runStateSchema = z.enum(["running", "succeeded", "failed", "cancelled"]);

/** One operation of a run. `skipped`: something it depends on failed. */
export const stepSchema = z.object({
  id: z.string().describe("The operation's id in the plan"),
  kind: z.string(),
  node: z.string().nullable(),
  target: z.string(),
  change: changeSchema,
  reason: z.string(),
  after: z.array(z.string()),
  state: stepStateSchema,
  attempt: z.int(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  progress: z.string().nullable().describe("Last line of its log"),
  phases: z.array(stepPhaseSchema).optional().describe("What its time went into; left out: nothing was told"),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).nullable(),
});

/** What is known by now of where the time of one step went. */
export const stepPhasesSchema = z.object({ run: z.int(), step: z.string(), phases: z.array(stepPhaseSchema) });

export const runSummarySchema = z.object({
  id: z.int(),
  kind: z.string().describe("apply, node.add …"),
  account: z.string().describe("Who asked for it"),
  state: runStateSchema,
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  counts: z.record(stepStateSchema, z.int()),
});
export const runSchema = runSummarySchema.extend({
  steps: z.array(stepSchema),
  restartWith: z
    .string()
    .optional()
    .describe("The run ended and cannot be resumed: the command that begins anew what it was for"),
});

export const logLineSchema = z.object({
  sequence: z.int().describe("Rises over the whole run"),
  at: z.iso.datetime(),
  step: z.string(),
  line: z.string(),
});

/** How the log line begins that says why an attempt failed that is made again; such a line is then the step's progress. */
export function attemptFailed(attempt: number): string {
  return `Attempt ${attempt} failed: `;
}

export type StepState = z.output<typeof stepStateSchema>;
export type RunState = z.output<typeof runStateSchema>;
export type Step = z.output<typeof stepSchema>;
export type RunSummary = z.output<typeof runSummarySchema>;
export type Run = z.output<typeof runSchema>;
export type LogLine = z.output<typeof logLineSchema>;

const runParams = z.object({ id: z.coerce.number().int().positive() });

export const listRuns = defineEndpoint({
  method: "GET",
  path: "/api/runs",
  summary: "Runs, newest first",
  role: "viewer",
  query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
  response: z.object({ runs: z.array(runSummarySchema) }),
});
export const getRun = defineEndpoint({
  method: "GET",
  path: "/api/runs/:id",
  summary: "One run with its steps",
  role: "viewer",
  params: runParams,
  response: runSchema,
});
export const getRunLogs = defineEndpoint({
  method: "GET",
  path: "/api/runs/:id/logs",
  summary: "Log lines of a run, after a sequence number",
  role: "viewer",
  params: runParams,
  query: z.object({ after: z.coerce.number().int().default(0), step: z.string().optional() }),
  response: z.object({ lines: z.array(logLineSchema) }),
});
export const cancelRun = defineEndpoint({
  method: "POST",
  path: "/api/runs/:id/cancel",
  summary: "Cancels what has not ended",
  role: "operator",
  params: runParams,
  response: runSchema,
});
export const resumeRun = defineEndpoint({
  method: "POST",
  path: "/api/runs/:id/resume",
  summary: "Carries on with the steps that failed, were cancelled or skipped",
  role: "operator",
  params: runParams,
  response: runSchema,
});
