/** Requests at a Unix socket, as any client makes them: a connection, the request, the whole answer. */
import { once } from "node:events";
import { IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";
import { BerthError } from "@berth/shared/errors";

const deadlineMs = 60_000;

export interface SocketRequest {
  socketPath: string;
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  body?: unknown;
}

/** The answer's body, read to its end; anything but 200 is an error. */
export async function requestJson(asked: SocketRequest): Promise<unknown> {
  const response = await openResponse(asked, AbortSignal.timeout(deadlineMs));
  const answer = await json(response);
  if (response.statusCode !== 200) {
    throw new BerthError("lab.failed", `${asked.method} ${asked.path} answers ${JSON.stringify(answer)}`);
  }
  return answer;
}

/** The answer as soon as it begins; `signal` ends it. */
export async function openResponse({ body, ...asked }: SocketRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const asking = request({ ...asked, headers, agent: false, signal });
  asking.end(body === undefined ? undefined : JSON.stringify(body));
  const [response]: unknown[] = await once(asking, "response");
  if (!(response instanceof IncomingMessage)) throw new TypeError("The request was answered with something else");
  return response;
}
