/** What changes, as it changes: states of nodes and instances, runs with their log, samples. */
import { livePath, liveQuerySchema, liveTopics, type AlertCount, type LiveEvents } from "@berth/shared/api/live";
import type { LogLine } from "@berth/shared/api/runs";
import type { Status } from "@berth/shared/api/status";
import { BerthError } from "@berth/shared/errors";
import type { FastifyInstance } from "fastify";
import { authorize } from "../accounts/authorize.ts";
import { isByAccessToken, scopeOf, watchAccount, type AccessOptions } from "./authenticate.ts";
import { createNarrowing } from "./live-scope.ts";
import { encodeEvent, openEventStream } from "./server-sent-events.ts";

export type LiveTopic = (typeof liveTopics)[number];
export type LiveEvent = {
  [K in keyof LiveEvents]: { topic: LiveTopic; event: K; data: LiveEvents[K] };
}[keyof LiveEvents];

export interface LiveApi {
  status: () => Promise<Status>;
  alerts: () => AlertCount;
  run: (id: number) => Promise<LiveEvents["run"]>;
  logs: (id: number) => Promise<LogLine[]>;
  /** Calls back with each change until the signal is aborted. */
  subscribe: (listener: (event: LiveEvent) => void, signal: AbortSignal) => void;
  /** Somebody looks at samples until the signal is aborted: agents then sample every second. */
  watchSamples: (signal: AbortSignal) => void;
}

export function serveLive(app: FastifyInstance, live: LiveApi, access: AccessOptions): void {
  const encode = createEncoder();
  app.get(
    livePath,
    { schema: { querystring: liveQuerySchema }, config: { role: "tenant" } },
    async (request, reply) => {
      const query = liveQuerySchema.parse(request.query);
      const topics = parseTopics(query.topics);
      if (query.run !== undefined) {
        // A run is of the whole fleet.
        authorize("viewer", request.account, { byAccessToken: isByAccessToken(request.raw) });
        // Answers an unknown run before the stream is opened.
        await live.run(query.run);
      }
      const stream = openEventStream(request, reply);
      watchAccount(request.raw, request.account, access, { signal: stream.signal, onChange: stream.end });
      const buffered: LiveEvent[] = [];
      let ready = false;
      const seenLog = { sequence: 0 };
      const narrow = createNarrowing(() => scopeOf(request.account, access));
      const forward = (event: LiveEvent) => {
        if (!isWanted(event, topics, query.run, seenLog)) return;
        const shown = narrow(event);
        if (shown !== null) stream.sendEncoded(encode(shown));
      };
      // Subscribed before the present state is read: a change in between comes twice rather than never.
      live.subscribe((event) => (ready ? forward(event) : buffered.push(event)), stream.signal);
      if (topics.has("samples")) live.watchSamples(stream.signal);
      try {
        if (topics.has("status")) {
          forward({ topic: "status", event: "status", data: await live.status() });
          forward({ topic: "status", event: "alerts", data: live.alerts() });
        }
        if (query.run !== undefined) {
          stream.send("run", await live.run(query.run));
          for (const line of await live.logs(query.run)) {
            seenLog.sequence = line.sequence;
            stream.send("log", { ...line, run: query.run });
          }
        }
      } catch (error) {
        // Without its beginning it would tell nothing, and keep all that it does not tell. Its reader tries again.
        stream.end();
        throw error;
      }
      ready = true;
      for (const event of buffered) forward(event);
    },
  );
}

/** Writes each event once, however many are told of it. What is narrowed for a tenant is an event of its own. */
function createEncoder(): (event: LiveEvent) => Buffer {
  const encoded = new WeakMap<LiveEvent, Buffer>();
  return (event) => {
    const known = encoded.get(event);
    if (known !== undefined) return known;
    const bytes = encodeEvent(event.event, event.data);
    encoded.set(event, bytes);
    return bytes;
  };
}

function parseTopics(text: string): Set<LiveTopic> {
  const topics = new Set<LiveTopic>();
  for (const name of text.split(",").filter((part) => part !== "")) {
    const topic = liveTopics.find((candidate) => candidate === name);
    if (topic === undefined)
      throw new BerthError("request.invalid", `No topic '${name}'; one of ${liveTopics.join(", ")}`);
    topics.add(topic);
  }
  return topics;
}

/** With a run named, only that run, its phases and its log; log lines that were sent as the past are not sent again. */
function isWanted(
  event: LiveEvent,
  topics: ReadonlySet<LiveTopic>,
  run: number | undefined,
  seen: { sequence: number },
): boolean {
  if (event.event === "log") return event.data.run === run && event.data.sequence > seen.sequence;
  if (event.event === "run.phases") return event.data.run === run;
  if ((event.event === "run" || event.event === "run.change") && run !== undefined) return event.data.id === run;
  return topics.has(event.topic);
}
