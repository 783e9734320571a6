/** Restarts of instances, and the logs of one, followed as Server-Sent Events. */
import { errorBodySchema } from "@berth/shared/api/errors";
import { logsPath, logsQuerySchema, restartInstances } from "@berth/shared/api/instances";
import type { RestartControl } from "../restarts/restart.ts";
import { BerthError, toBerthError } from "@berth/shared/errors";
import { instanceNameSchema } from "@berth/shared/names";
import type { FastifyInstance } from "fastify";
import * as z from "zod";
import { authorize } from "../accounts/authorize.ts";
import { isInScope } from "../accounts/scope.ts";
import { watchAccount, type AccessOptions } from "./authenticate.ts";
import { serveEndpoint } from "./endpoint.ts";
import { errorBody } from "./errors.ts";
import { goneSignal, openEventStream } from "./server-sent-events.ts";

export interface LogRequest {
  follow: boolean;
  tail: number;
  timestamps: boolean;
}

export interface InstancesApi {
  restart: RestartControl;
  /** Throws before the first chunk when the instance is unknown or its node is away. */
  logs: (
    instance: string,
    request: LogRequest,
    signal: AbortSignal,
  ) => Promise<AsyncIterable<{ channel: "stdout" | "stderr"; data: Buffer }>>;
}

export function unknownInstance(name: string): BerthError {
  return new BerthError("not-found", `No instance is named '${name}'`, { hint: "See `berth status`" });
}

const paramsSchema = z.object({ name: instanceNameSchema });

export function serveInstances(app: FastifyInstance, instances: InstancesApi, access: AccessOptions): void {
  serveEndpoint(app, restartInstances, ({ body: { of, dryRun }, account }) =>
    instances.restart(of, { account: account.name, dryRun }),
  );
  const schema = { params: paramsSchema, querystring: logsQuerySchema };
  app.get(logsPath, { schema, config: { role: "tenant" } }, async (request, reply) => {
    const { name } = paramsSchema.parse(request.params);
    if (request.scope === null) authorize("operator", request.account);
    else if (!isInScope("instance", name, request.scope)) throw unknownInstance(name);
    const query = request.query as z.output<typeof logsQuerySchema>;
    const chunks = await instances.logs(name, query, goneSignal(reply.raw));
    const stream = openEventStream(request, reply);
    watchAccount(request.raw, request.account, access, { signal: stream.signal, onChange: stream.end });
    const lines = { stdout: new LineSplitter(), stderr: new LineSplitter() };
    try {
      for await (const { channel, data } of chunks) {
        for (const text of lines[channel].push(data)) stream.send("line", { channel, text });
      }
      for (const channel of ["stdout", "stderr"] as const) {
        for (const text of lines[channel].rest()) stream.send("line", { channel, text });
      }
      stream.send("end", {});
    } catch (error) {
      stream.send("error", errorBodySchema.parse(errorBody(toBerthError(error))));
    }
    stream.end();
  });
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
