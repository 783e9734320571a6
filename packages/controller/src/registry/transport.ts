/** Requests to a registry: bounded in time and size, failures in one sentence. */
import { getCACertificates } from "node:tls";
import { BerthError } from "@berth/shared/errors";
import { Agent, fetch, type Response } from "undici";

export interface TransportOptions {
  /** PEM of a CA that is trusted besides the machine's. */
  ca: string | null;
  signal: AbortSignal | undefined;
}

export interface Answer {
  status: number;
  headers: Response["headers"];
  /** Empty for HEAD. */
  body: string;
}

/** From connecting to the last byte of the answer, redirects included. */
export const requestMilliseconds = 5000;
/** Most that registries must take for a manifest; tags come in pages. */
const mostBytes = 4 * 1024 ** 2;

/** Connections outlive the requests: a plan asks for many images. Idle ones close by themselves and keep no process alive. */
const agents = new Map<string | null, Agent>();

function agentFor(ca: string | null): Agent {
  const known = agents.get(ca);
  if (known !== undefined) return known;
  const agent = new Agent({
    maxResponseSize: mostBytes,
    connect: { timeout: requestMilliseconds, ...(ca === null ? {} : { ca: [...getCACertificates("default"), ca] }) },
  });
  agents.set(ca, agent);
  return agent;
}

/** @throws BerthError image.unavailable when there is no answer; `who` begins its sentence */
export async function send(
  who: string,
  request: { method: "GET" | "HEAD"; url: URL; headers: Record<string, string> },
  { ca, signal }: TransportOptions,
): Promise<Answer> {
  const deadline = AbortSignal.timeout(requestMilliseconds);
  const { method, url, headers } = request;
  try {
    const response = await fetch(url, {
      method,
      headers,
      dispatcher: agentFor(ca),
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (error) {
    signal?.throwIfAborted();
    throw failure(who, error, deadline.aborted);
  }
}

function failure(who: string, error: unknown, tooLate: boolean): BerthError {
  if (tooLate) {
    const message = `${who} did not answer within ${requestMilliseconds / 1000} s`;
    return new BerthError("image.unavailable", message, { cause: error });
  }
  const reason = innermost(error);
  const said = reason instanceof Error ? reason.message || reason.name : String(reason);
  const isUntrusted = /certificate|self[- ]signed|altname/i.test(said);
  return new BerthError("image.unavailable", `${who} cannot be asked: ${said}`, {
    ...(isUntrusted ? { hint: "images.caFile names the PEM of the CA that the registry's certificate is of" } : {}),
    cause: error,
  });
}

/** `fetch` says "fetch failed" and gives the reason as its cause; of several addresses, the first says enough. */
function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  return error instanceof Error && error.cause !== undefined ? innermost(error.cause) : error;
}
