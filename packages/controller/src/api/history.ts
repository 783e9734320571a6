import { columnsOf, getHistory, getHistoryStatus, type MetricsHistoryAnswer } from "@berth/shared/api/metrics";
import { BerthError } from "@berth/shared/errors";
import type { HistoryStatus } from "@berth/shared/metrics/history";
import type { FastifyInstance } from "fastify";
import { isInScope } from "../accounts/scope.ts";
import { serveEndpoint } from "./endpoint.ts";

export interface HistoryQuestion {
  kind: MetricsHistoryAnswer["kind"];
  name: string;
  columns: readonly string[];
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  points: number;
  by: "sum" | "container";
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

export function serveHistory(app: FastifyInstance, history: HistoryApi): void {
  serveEndpoint(app, getHistoryStatus, async () => history.status());
  serveEndpoint(app, getHistory, async ({ params, query, scope }) => {
    const { columns, from, to, points, by } = query;
    if (!isInScope(params.kind, params.name, scope)) throw noHistory(params);
    return history.read({
      ...{ ...params, points, by, columns: columnsOf(columns) },
      ...{ from: Date.parse(from), to: Date.parse(to) },
    });
  });
}
