import { columnsOf, getHistory, getHistoryStatus, type MetricsHistoryAnswer } from "@berth/shared/api/metrics";
import type { HistoryStatus } from "@berth/shared/metrics/history";
import type { FastifyInstance } from "fastify";
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

export function serveHistory(app: FastifyInstance, history: HistoryApi): void {
  serveEndpoint(app, getHistoryStatus, async () => history.status());
  serveEndpoint(app, getHistory, ({ params, query: { columns, from, to, points, by } }) =>
    history.read({
      ...{ ...params, points, by, columns: columnsOf(columns) },
      ...{ from: Date.parse(from), to: Date.parse(to) },
    }),
  );
}
