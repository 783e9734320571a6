/** Instances restarted, stopped and started, and the logs of one, followed as Server-Sent Events. */
import { errorBodySchema } from "@berth/shared/api/errors";
import {
  logContainersSchema,
  type LogEvent,
  logsPath,
  logsQuerySchema,
  restartInstances,
  startInstances,
  stopInstances,
} from "@berth/shared/api/instances";
import type { RestartControl } from "../restarts/restart.ts";
import type { Stops } from "../stops/stop-control.ts";
import { BerthError, toBerthError } from "@berth/shared/errors";
import { instanceNameSchema } from "@berth/shared/names";
import type { FastifyInstance } from "fastify";
import * as z from "zod";
import { authorize } from "../accounts/authorize.ts";
import { isInScope } from "../accounts/scope.ts";
import { isByAccessToken, watchAccount, type AccessOptions } from "./authenticate.ts";
import { serveEndpoint } from "./endpoint.ts";
import { errorBody } from "./errors.ts";
import { goneSignal, openEventStream } from "./server-sent-events.ts";

export interface LogRequest {
  follow: boolean;
  tail: number;
  timestamps: boolean;
  /** Left out: all. */
  container?: string | undefined;
}

interface LogChunk {
  container?: string | undefined;
  channel: "stdout" | "stderr";
  data: Buffer;
}

export interface InstanceLog {
  /** Whose lines are to come, as far as known. */
  containers: string[];
  chunks: AsyncIterable<LogChunk>;
}

export interface InstancesApi {
  restart: RestartControl;
  stops: Stops;
  /** Throws before the first chunk when the instance is unknown or its node is away. */
  logs: (instance: string, request: LogRequest, signal: AbortSignal) => Promise<InstanceLog>;
}

export function unknownInstance(name: string): BerthError {
  return new BerthError("not-found", `No instance is named '${name}'`, { hint: "See `berth status`" });
}

const paramsSchema = z.object({ name: instanceNameSchema });

export function serveInstances(app: FastifyInstance, instances: InstancesApi, access: AccessOptions): void {
  serveEndpoint(app, restartInstances, ({ body: { of, dryRun }, account }) =>
    instances.restart(of, { account: account.name, dryRun }),
  );
  serveEndpoint(app, stopInstances, ({ body: { of, dryRun }, account }) =>
    instances.stops.stop(of, { account: account.name, dryRun }),
  );
  serveEndpoint(app, startInstances, ({ body: { of, dryRun }, account }) =>
    instances.stops.start(of, { account: account.name, dryRun }),
  );
  const schema = { params: paramsSchema, querystring: logsQuerySchema };
  app.get(logsPath, { schema, config: { role: "tenant" } }, async (request, reply) => {
    const { name } = paramsSchema.parse(request.params);
    if (request.scope === null) authorize("operator", request.account, { byAccessToken: isByAccessToken(request.raw) });
    else if (!isInScope("instance", name, request.scope)) throw unknownInstance(name);
    const query = request.query as z.output<typeof logsQuerySchema>;
    const { containers, chunks } = await instances.logs(name, query, goneSignal(reply.raw));
    const stream = openEventStream(request, reply);
    watchAccount(request.raw, request.account, access, { signal: stream.signal, onChange: stream.end });
    try {
      stream.send("containers", logContainersSchema.parse({ names: containers }));
      for await (const line of linesOf(chunks, query.container)) stream.send("line", line);
      stream.send("end", {});
    } catch (error) {
      stream.send("error", errorBodySchema.parse(errorBody(toBerthError(error))));
    }
    stream.end();
  });
}

/** `container`: whose they are where they do not say so. */
async function* linesOf(chunks: AsyncIterable<LogChunk>, container: string | undefined): AsyncGenerator<LogEvent> {
  const splitters = new Map<string, { from: Omit<LogEvent, "text">; lines: LineSplitter }>();
  for await (const { data, ...chunk } of chunks) {
    const from = { channel: chunk.channel, container: chunk.container ?? container };
    const key = `${from.channel} ${from.container}`;
    const splitter = splitters.get(key) ?? { from, lines: new LineSplitter() };
    splitters.set(key, splitter);
    for (const text of splitter.lines.push(data)) yield { ...from, text };
  }
  for (const { from, lines } of splitters.values()) for (const text of lines.rest()) yield { ...from, text };
}

/** Whole lines out of chunks that end anywhere, also inside a character. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #partial = "";

  push(chunk: Buffer): string[] {
    const lines = (this.#partial + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#partial = lines.pop() ?? "";
    return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  }

  /** What came after the last newline. */
  rest(): string[] {
    const rest = this.#partial + this.#decoder.decode();
    this.#partial = "";
    return rest === "" ? [] : [rest];
  }
}
