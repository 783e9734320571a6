/** Sends each run that ends as a trace, where a receiver is named. */
import type { EventEmitter } from "node:events";
import type { Run } from "@berth/shared/api/runs";
import type { RunnerEvents } from "../runs/notifications.ts";
import { traceOf } from "./spans.ts";

export interface TraceFollower {
  close: () => Promise<void>;
}

interface FollowOptions {
  events: EventEmitter<RunnerEvents>;
  environment: Readonly<Record<string, string | undefined>>;
  version: string;
  fleet: () => string | null;
  log: { warn: (message: string) => void };
}

const endpoints = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"] as const;

/** Does nothing, and loads nothing of OpenTelemetry, where no receiver is named. */
export async function followRuns({ events, environment, version, fleet, log }: FollowOptions): Promise<TraceFollower> {
  const isWanted = endpoints.some((name) => (environment[name] ?? "") !== "");
  if (!isWanted || environment["OTEL_SDK_DISABLED"] === "true") return { close: async () => undefined };
  const { openTraceExport } = await import("./export-spans.ts");
  const traces = openTraceExport({ version, log });
  const sent = new Set<string>();
  const onRun = (run: Run): void => {
    // A run that is resumed ends again, and is told whenever it changes.
    const end = `${run.id} ${run.endedAt}`;
    if (run.state === "running" || run.endedAt === null || sent.has(end)) return;
    sent.add(end);
    traces.send(traceOf(run, fleet()));
  };
  events.on("run", onRun);
  return {
    close: async () => {
      events.off("run", onRun);
      await traces.close();
    },
  };
}
