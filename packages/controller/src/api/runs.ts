import {
  cancelRun,
  getRun,
  getRunLogs,
  listRuns,
  resumeRun,
  type LogLine,
  type Run,
  type RunSummary,
} from "@berth/shared/api/runs";
import type { FastifyInstance } from "fastify";
import { serveEndpoint } from "./endpoint.ts";

export interface RunsApi {
  get: (id: number) => Promise<Run>;
  list: (limit: number) => Promise<RunSummary[]>;
  logs: (id: number, after: number, step?: string) => Promise<LogLine[]>;
  cancel: (id: number, account: string) => Promise<Run>;
  resume: (id: number) => Promise<Run>;
}

export function serveRuns(app: FastifyInstance, runs: RunsApi): void {
  serveEndpoint(app, listRuns, async ({ query }) => ({ runs: await runs.list(query.limit) }));
  serveEndpoint(app, getRun, ({ params }) => runs.get(params.id));
  serveEndpoint(app, getRunLogs, async ({ params, query }) => ({
    lines: await runs.logs(params.id, query.after, query.step),
  }));
  serveEndpoint(app, cancelRun, ({ params, account }) => runs.cancel(params.id, account.name));
  serveEndpoint(app, resumeRun, ({ params }) => runs.resume(params.id));
}
