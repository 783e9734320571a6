/** Calls the endpoints that packages/shared declares. No path and no shape is written a second time here. */
import type { Endpoint } from "@berth/shared/api/define";
import { BerthError } from "@berth/shared/errors";
import type * as z from "zod";
import { errorOfFetch, errorOfResponse } from "./api-error.ts";

const answerWithinMilliseconds = 15_000;

export interface CallOptions<Params, Query, Body> {
  params?: Params;
  query?: Query;
  body?: Body;
  /** Ends the call early, for example because the page that wanted the answer is gone. */
  signal?: AbortSignal | undefined;
}

/**
 * Calls one endpoint and answers with its validated response.
 * Throws a BerthError: the controller's own, or `controller.unreachable`, `deadline.exceeded`, `protocol.invalid`.
 */
export async function call<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
>(
  endpoint: Endpoint<Params, Query, Body, Response>,
  options: CallOptions<z.input<Params>, z.input<Query>, z.input<Body>> = {},
): Promise<z.output<Response>> {
  const url = fillPath(endpoint.path, options.params) + queryString(options.query);
  const deadline = AbortSignal.timeout(answerWithinMilliseconds);
  const request: RequestInit = {
    method: endpoint.method,
    signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
    // A content type without a body would be refused as malformed JSON.
    ...(options.body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(options.body) }),
  };
  try {
    const response = await fetch(url, request);
    if (!response.ok) throw await errorOfResponse(response);
    return readAnswer(endpoint.response, await response.json(), url);
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw errorOfFetch(thrown, url, answerWithinMilliseconds);
  }
}

function readAnswer<Schema extends z.ZodType>(schema: Schema, body: unknown, url: string): z.output<Schema> {
  const answer = schema.safeParse(body);
  if (answer.success) return answer.data;
  throw new BerthError("protocol.invalid", `The controller's answer to ${url} is not one this page knows.`, {
    hint: "If the controller was just updated, reload the page.",
    cause: answer.error,
  });
}

/** "/api/runs/:id" with { id: 7 } -> "/api/runs/7", each value percent-encoded. */
export function fillPath(path: string, params: unknown): string {
  const values = new Map(Object.entries(params ?? {}));
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(values.get(name) ?? "")));
}

/** { run: 7, step: undefined } -> "?run=7" */
export function queryString(query: unknown): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? "" : `?${search}`;
}
