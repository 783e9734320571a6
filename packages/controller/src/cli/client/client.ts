/** The typed client: what an endpoint's contract says goes out and comes back, and nothing else. */
import type { IncomingMessage } from "node:http";
import type { Endpoint } from "@berth/shared/api/define";
import { errorBodySchema } from "@berth/shared/api/errors";
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import { FleetProblemsError } from "../errors.ts";
import { printableDeep } from "../render/printable.ts";
import { readBody, readChunks, sendRequest } from "./request.ts";
import { formatTarget, type Target } from "./target.ts";

const ordinaryDeadlineSeconds = 60;

type Part<Name extends string, Schema> = Schema extends z.ZodUndefined
  ? { [Key in Name]?: never }
  : Schema extends z.ZodType
    ? Partial<z.input<Schema>> extends z.input<Schema>
      ? { [Key in Name]?: z.input<Schema> }
      : { [Key in Name]: z.input<Schema> }
    : never;

/** Parameters, query and body as the contract's schemas take them. */
export type CallInput<Params, Query, Body> = Part<"params", Params> &
  Part<"query", Query> &
  Part<"body", Body> & { deadlineSeconds?: number; signal?: AbortSignal };

export interface Client {
  readonly target: Target;
  /** Calls an endpoint and validates its answer. Throws what the controller answered, `controller.unreachable` … */
  call<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType, Response extends z.ZodType>(
    endpoint: Endpoint<Params, Query, Body, Response>,
    input: CallInput<Params, Query, Body>,
  ): Promise<z.output<Response>>;
  /** What a path answers with, piece by piece: for what is no JSON. */
  download(path: string): Promise<AsyncIterable<Buffer>>;
  /** A stream of Server-Sent Events until it ends or `signal` aborts. `path` with its query. */
  events(path: string, signal: AbortSignal): AsyncGenerator<ServerEvent>;
}

export interface ServerEvent {
  event: string;
  data: unknown;
}

/** `raw`: strings as the controller sent them, for JSON; otherwise they are made safe for a terminal. */
export function createClient(target: Target, { raw }: { raw: boolean }): Client {
  const clean = <Value>(value: Value): Value => (raw ? value : printableDeep(value));
  return {
    target,
    async call(endpoint, input) {
      const parts: { params?: unknown; query?: unknown; body?: unknown } = input;
      const answer = await sendRequest(target, {
        method: endpoint.method,
        path: requestPath(endpoint.path, parts.params, parts.query),
        ...(endpoint.body === undefined ? {} : { body: JSON.stringify(parts.body ?? {}) }),
        deadlineSeconds: input.deadlineSeconds ?? ordinaryDeadlineSeconds,
        ...(input.signal === undefined ? {} : { signal: input.signal }),
      });
      const text = await readBody(target, answer);
      if (!isSuccess(answer)) throw errorFrom(answer, text, target);
      const parsed = endpoint.response.safeParse(parseJson(text));
      if (!parsed.success) throw answerMismatch(endpoint, parsed.error, target);
      return clean(parsed.data);
    },
    async download(path) {
      const answer = await sendRequest(target, { method: "POST", path, deadlineSeconds: ordinaryDeadlineSeconds });
      if (!isSuccess(answer)) throw errorFrom(answer, await readBody(target, answer), target);
      return readChunks(target, answer);
    },
    async *events(path, signal) {
      const answer = await sendRequest(target, {
        method: "GET",
        path,
        headers: { accept: "text/event-stream" },
        deadlineSeconds: ordinaryDeadlineSeconds,
        signal,
      });
      if (!isSuccess(answer)) throw errorFrom(answer, await readBody(target, answer), target);
      const { readEvents } = await import("./events.ts");
      for await (const { event, data } of readEvents(readChunks(target, answer)))
        yield { event, data: clean(parseJson(data)) };
    },
  };
}

/** `/api/nodes/:name` with its parameters and query filled in. */
export function requestPath(path: string, params: unknown, query: unknown): string {
  const values = new Map(Object.entries(params ?? {}));
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(values.get(name))));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}

function isSuccess(answer: IncomingMessage): boolean {
  return answer.statusCode !== undefined && answer.statusCode >= 200 && answer.statusCode < 300;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema that reads it says what was expected
  }
}

/** The error that an answer other than 2xx carries. */
export function errorFrom(answer: IncomingMessage, text: string, target: Target): BerthError {
  const parsed = errorBodySchema.safeParse(parseJson(text));
  if (!parsed.success) {
    return new BerthError(
      "protocol.invalid",
      `${formatTarget(target)} answered with HTTP ${answer.statusCode} and not as a controller does.`,
      { hint: "Is it the address of a Berth controller, and not of a proxy or another service?" },
    );
  }
  const { code, message, hint, problems } = parsed.data.error;
  const loginHint = code === "unauthenticated" ? `Log in: \`berth login ${formatTarget(target)}\`.` : undefined;
  const toDo = hint ?? loginHint;
  if (problems !== undefined && problems.length > 0) {
    return new FleetProblemsError(code, message, problems, { hint: toDo });
  }
  return new BerthError(code, message, toDo === undefined ? {} : { hint: toDo });
}

function answerMismatch(endpoint: { method: string; path: string }, error: z.ZodError, target: Target): BerthError {
  const issue = error.issues[0];
  const where = issue === undefined ? "" : ` at '${issue.path.join(".")}': ${issue.message}`;
  return new BerthError(
    "protocol.invalid",
    `The answer of ${formatTarget(target)} to ${endpoint.method} ${endpoint.path} is not what this CLI expects${where}.`,
    { hint: "CLI and controller are of different versions: compare `berth --version` with the controller's." },
  );
}
