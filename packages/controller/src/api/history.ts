import { getHistory, getHistoryStatus, type MetricsHistoryAnswer, namesOf } from "@berth/shared/api/metrics";
import { BerthError } from "@berth/shared/errors";
import type { HistoryStatus } from "@berth/shared/metrics/history";
import type { FastifyInstance } from "fastify";
import { isInScope } from "../accounts/scope.ts";
import { serveEndpoint } from "./endpoint.ts";
import type { SinceOf } from "./since.ts";

export interface HistoryQuestion {
  kind: MetricsHistoryAnswer["kind"];
  name: string;
  columns: readonly string[];
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  points: number;
  by: "sum" | "container";
  /** Things of these names alone; null: whatever they are called. */
  only: ReadonlySet<string> | null;
  /** Containers, and what is held, of these alone; null: of all. */
  instances: ReadonlySet<string> | null;
}

export interface HistoryApi {
  status: () => HistoryStatus;
  /** Throws `not-found`. */
  read: (question: HistoryQuestion) => Promise<MetricsHistoryAnswer>;
}

export function noHistory({ kind, name }: Pick<HistoryQuestion, "kind" | "name">): BerthError {
  return new BerthError("not-found", `No ${kind} is named '${name}', nor was one lately`, {
    hint: "See `berth status`",
  });
}

export function serveHistory(app: FastifyInstance, history: HistoryApi, sinceOf: SinceOf): void {
  serveEndpoint(app, getHistoryStatus, async () => history.status());
  serveEndpoint(app, getHistory, async ({ params, query, scope }) => {
    const { columns, from, to, points, by, only } = query;
    if (!isInScope(params.kind, params.name, scope)) throw noHistory(params);
    const start = Math.max(Date.parse(from), Date.parse(await sinceOf(scope)));
    return history.read({
      ...{ ...params, points, by, columns: namesOf(columns) },
      only: only === undefined ? null : new Set(namesOf(only)),
      ...{ from: start, to: Math.max(Date.parse(to), start + 1000) },
      instances: scope?.instances ?? null,
    });
  });
}
