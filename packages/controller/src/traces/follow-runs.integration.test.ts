/** Over a real socket, with what OpenTelemetry's own exporter sends. */
import { EventEmitter } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { json } from "node:stream/consumers";
import type { Run, Step } from "@berth/shared/api/runs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as z from "zod";
import type { RunnerEvents } from "../runs/notifications.ts";
import { followRuns } from "./follow-runs.ts";

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: z.array(attribute),
  links: z.array(z.object({ spanId: z.string() })).default([]),
  status: z.object({ code: z.number().optional(), message: z.string().optional() }),
});
const exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});

let receiver: Server;
let url: string;
let status = 200;
let isHanging = false;
const requests: { path: string | undefined; headers: IncomingHttpHeaders; body: z.output<typeof exported> }[] = [];

beforeEach(async () => {
  [status, isHanging] = [200, false];
  requests.length = 0;
  receiver = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      requests.push({ path: request.url, headers: request.headers, body: exported.parse(await json(request)) });
      if (isHanging) return;
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
    };
    void answer();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const address = receiver.address();
  if (address === null || typeof address === "string") throw new Error("The receiver has no port");
  url = `http://127.0.0.1:${address.port}/api/public/otel`;
});
afterEach(() => {
  vi.unstubAllEnvs();
  receiver.close();
  receiver.closeAllConnections();
});

const second = (count: number): string => new Date(Date.UTC(2026, 10, 30, 12, 0, count)).toISOString();

function upgradeRun(): Run {
  const step: Omit<Step, "id" | "target" | "state" | "error"> = {
    ...{ kind: "instance.upgrade", reason: "version 2.40.7 -> 2.41.1", after: [], attempt: 1, progress: null },
    ...{ node: "user1", startedAt: second(1), endedAt: second(21) },
    change: "upgrade",
  };
  const phases = [
    { name: "stop", target: "user1-n8n", startMilliseconds: 500, milliseconds: 2000 },
    { name: "wait until healthy", target: "user1-n8n", startMilliseconds: 2600, milliseconds: 17_000 },
  ];
  const error = { code: "instance.unhealthy", message: "user2-n8n did not become healthy" };
  return {
    ...{ id: 12, kind: "upgrade", account: "admin", state: "failed", createdAt: second(0), endedAt: second(40) },
    counts: { waiting: 0, running: 0, succeeded: 1, failed: 1, cancelled: 0, skipped: 0 },
    steps: [
      { ...step, id: "instance.upgrade/user1-n8n", target: "user1-n8n", state: "succeeded", error: null, phases },
      {
        ...{ ...step, id: "instance.upgrade/user2-n8n", target: "user2-n8n", node: "user2", state: "failed", error },
        ...{ after: ["instance.upgrade/user1-n8n"], startedAt: second(21), endedAt: second(39) },
      },
    ],
  };
}

async function follow(environment: Record<string, string>) {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const events = new EventEmitter<RunnerEvents>();
  const warnings: string[] = [];
  const follower = await followRuns({
    ...{ events, environment: process.env, version: "0.1.0", fleet: () => "valuechain" },
    log: { warn: (message) => void warnings.push(message) },
  });
  return { events, follower, warnings };
}

test("a run that ended is sent once: one trace, its steps under it, with their times, links and reasons", async () => {
  const { events, follower, warnings } = await follow({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Basic%20cGs6c2s=",
  });
  const run = upgradeRun();
  events.emit("run", { ...run, state: "running", endedAt: null });
  events.emit("run", run);
  events.emit("run", run);
  await follower.close();
  expect(warnings).toEqual([]);
  expect(requests.map(({ path }) => path)).toEqual(["/api/public/otel/v1/traces"]);
  expect(requests[0]?.headers.authorization).toBe("Basic cGs6c2s=");
  const [sent] = requests[0]?.body.resourceSpans ?? [];
  expect(sent?.resource.attributes).toContainEqual({ key: "service.name", value: { stringValue: "berth" } });
  const spans = sent?.scopeSpans.flatMap((scope) => scope.spans) ?? [];
  const [root, first, failed] = ["run upgrade", "upgrade instance user1-n8n", "upgrade instance user2-n8n"].map(
    (name) => spans.find((one) => one.name === name),
  );
  expect(spans).toHaveLength(5);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(root?.parentSpanId ?? "").toBe("");
  expect([first?.parentSpanId, failed?.parentSpanId]).toEqual([root?.spanId, root?.spanId]);
  expect(failed?.links).toEqual([{ spanId: first?.spanId }]);
  expect(failed?.startTimeUnixNano).toBe(`${Date.parse(second(21))}000000`);
  expect(failed?.endTimeUnixNano).toBe(`${Date.parse(second(39))}000000`);
  expect(failed?.status).toEqual({ code: 2, message: "user2-n8n did not become healthy" });
  expect(first?.attributes).toContainEqual({ key: "berth.node", value: { stringValue: "user1" } });
  const [stop, wait] = ["stop", "wait until healthy"].map((name) => spans.find((one) => one.name === name));
  expect([stop?.parentSpanId, wait?.parentSpanId]).toEqual([first?.spanId, first?.spanId]);
  expect([wait?.startTimeUnixNano, wait?.endTimeUnixNano]).toEqual([
    `${Date.parse(second(1)) + 2600}000000`,
    `${Date.parse(second(1)) + 19_600}000000`,
  ]);
  expect(wait?.attributes).toContainEqual({ key: "berth.phase.target", value: { stringValue: "user1-n8n" } });
});

test("a receiver that refuses is told of in the log, and holds nothing up", async () => {
  status = 401;
  const { events, follower, warnings } = await follow({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url });
  events.emit("run", upgradeRun());
  await follower.close();
  expect(requests).toHaveLength(1);
  expect(warnings).toEqual(["Traces: 5 spans were not taken: Unauthorized"]);
});

test("a receiver that hangs holds up a stop for a few seconds at most", async () => {
  isHanging = true;
  const { events, follower, warnings } = await follow({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_TIMEOUT: "60000",
  });
  events.emit("run", upgradeRun());
  const startedAt = performance.now();
  await follower.close();
  expect(performance.now() - startedAt).toBeLessThan(5000);
  expect(warnings).toEqual(["Traces: what is left was not taken within 3 s"]);
});

test("where no receiver is named, nothing follows the runs", async () => {
  const { events, follower } = await follow({ OTEL_EXPORTER_OTLP_ENDPOINT: "" });
  expect(events.listenerCount("run")).toBe(0);
  await follower.close();
});
