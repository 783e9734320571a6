/** One HTTP request to a target, over its Unix socket or TLS. No client library: start time matters here. */
import type { IncomingMessage, request as httpRequest, RequestOptions } from "node:http";
import { BerthError } from "@berth/shared/errors";
import { formatTarget, type Target } from "./target.ts";
import { tlsFailure } from "./tls-failure.ts";

export interface RequestDescription {
  method: string;
  /** With its query. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** Until the answer begins, and between two pieces of it: streams have heartbeats. */
  deadlineSeconds: number;
  signal?: AbortSignal;
}

/** The answer, its body unread. Throws `controller.unreachable` or `deadline.exceeded`. */
export function sendRequest(target: Target, description: RequestDescription): Promise<IncomingMessage> {
  const request = requestFunction(target);
  return new Promise((resolve, reject) => {
    const outgoing = request(requestOptions(target, description));
    outgoing.setTimeout(description.deadlineSeconds * 1000, () => {
      outgoing.destroy(
        new BerthError(
          "deadline.exceeded",
          `The controller at ${formatTarget(target)} was silent on ${description.method} ${description.path} for ${description.deadlineSeconds} s.`,
        ),
      );
    });
    outgoing.once("response", resolve);
    outgoing.on("error", (error) => reject(requestError(target, error)));
    outgoing.end(description.body);
  });
}

/**
 * Not imported: an import of node:http also loads what it exports on demand, a whole second HTTP client, and that is
 * a quarter of what a command costs.
 */
function requestFunction(target: Target): typeof httpRequest {
  const isEncrypted = target.kind === "url" && target.url.protocol === "https:";
  return isEncrypted ? process.getBuiltinModule("node:https").request : process.getBuiltinModule("node:http").request;
}

/** The body, piece by piece. Throws `controller.unreachable` when the connection breaks. */
export async function* readChunks(target: Target, answer: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of answer) yield Buffer.from(chunk);
  } catch (error) {
    throw error instanceof Error ? requestError(target, error) : error;
  }
}

/** The whole body as text. */
export async function readBody(target: Target, answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readChunks(target, answer)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** TLS settings for node:https and ws: the pinned certificate stands in for the system's CAs. */
export function tlsOptions(target: Target): { ca?: string; allowPartialTrustChain?: boolean } {
  if (target.kind !== "url" || target.certificate === undefined) return {};
  return { ca: target.certificate, allowPartialTrustChain: true };
}

export function authorization(target: Target): Record<string, string> {
  return target.kind === "url" && target.token !== undefined ? { authorization: `Bearer ${target.token}` } : {};
}

function requestOptions(target: Target, description: RequestDescription): RequestOptions {
  const body = description.body;
  const headers = {
    accept: "application/json",
    ...(body === undefined
      ? {}
      : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
    ...authorization(target),
    ...description.headers,
  };
  const shared = {
    method: description.method,
    path: description.path,
    headers,
    ...(description.signal === undefined ? {} : { signal: description.signal }),
  };
  if (target.kind === "unix") return { ...shared, socketPath: target.socket, host: "localhost" };
  const { hostname, port, protocol } = target.url;
  return { ...shared, ...tlsOptions(target), protocol, hostname: hostname.replaceAll(/[[\]]/g, ""), port };
}

function requestError(target: Target, error: NodeJS.ErrnoException): Error {
  if (error instanceof BerthError || error.name === "AbortError") return error;
  const where = formatTarget(target);
  if (error.code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return new BerthError("unauthenticated", `The certificate of ${where} is for other names: ${error.message}.`, {
      hint: "Use one of its names; the controller's are its own addresses, its host name and the fleet's `controller.address`.",
      cause: error,
    });
  }
  if (isCertificateError(error)) {
    return new BerthError("unauthenticated", `The certificate of ${where} is not trusted: ${error.message}.`, {
      hint: `Log in again to look at it and trust it: \`berth login ${where}\`.`,
      cause: error,
    });
  }
  const failure = target.kind === "url" ? tlsFailure(target.url, error) : undefined;
  if (failure !== undefined) return failure;
  return new BerthError(
    "controller.unreachable",
    `The connection to the controller at ${where} failed: ${error.message}.`,
    {
      hint: "Check that it runs: `berth status`, or `systemctl status berth` on its machine.",
      cause: error,
    },
  );
}

function isCertificateError(error: NodeJS.ErrnoException): boolean {
  const code = error.code ?? "";
  return code.startsWith("ERR_TLS_") || code.includes("CERT") || code.startsWith("UNABLE_TO_");
}
