/**
 * The way to the Proxmox VE API: npm `proxmox-api` with its traps disarmed. It would repeat a request that got no
 * answer, creations too; its time-out ends before the body; it takes a body cut short for an empty answer.
 */
import { readFile } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";
import type { ProxmoxConnection } from "@berth/shared/fleet/schema";
import { type Proxmox, proxmoxApi, ProxmoxEngine, type ProxmoxEngineOptions } from "proxmox-api";
import { Agent, type Dispatcher, fetch, Response } from "undici";
import * as z from "zod";
import { readSecretFile } from "../secret-file.ts";
import { ProxmoxRefusal, ProxmoxSilence } from "./answer.ts";

/** Who asks: the connection's API token, or root@pam with a ticket where a token may not act. */
export type Identity = "token" | "root";

const connectMilliseconds = 10_000;
/** One pveproxy has three workers. */
const mostConnections = 4;
const tokenSecretPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** What the engine gives to `fetch`; its types are those of another version of undici. */
const engineRequestSchema = z.object({
  method: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string().optional(),
});
const errorBodySchema = z.object({
  message: z.string().optional(),
  errors: z.record(z.string(), z.unknown()).optional(),
});

export interface TransportOptions {
  identity: Identity;
  /** For each request, from connecting to the last byte of the answer. */
  requestMilliseconds: number;
  signal?: AbortSignal | undefined;
}

/** The API, asked as `identity`. Secrets and certificates are read now, from their files. */
export async function openTransport(connection: ProxmoxConnection, options: TransportOptions): Promise<Proxmox.Api> {
  const dispatcher = await dispatcherFor(connection);
  const ask = (url: string | URL, init: unknown): Promise<Response> => {
    const signals = [AbortSignal.timeout(options.requestMilliseconds), options.signal].filter(
      (signal) => signal !== undefined,
    );
    return readAnswer(url, engineRequestSchema.parse(init), AbortSignal.any(signals), dispatcher);
  };
  const engine = new ProxmoxEngine({
    host: connection.host,
    port: connection.port,
    queryTimeout: options.requestMilliseconds,
    authTimeout: options.requestMilliseconds,
    ...(await credentials(connection, options.identity)),
    // Another major version of undici declares that type; the engine uses only what both share.
    fetch: ask as unknown as NonNullable<ProxmoxEngineOptions["fetch"]>,
  });
  return proxmoxApi({
    doRequest: async (method, path, template, parameters) => {
      try {
        // The last argument counts attempts made: 1 keeps the engine from making a second one.
        return await engine.doRequest(method, path, template, parameters, 1);
      } catch (error) {
        options.signal?.throwIfAborted();
        throw failureWithin(error);
      }
    },
  });
}

/**
 * Connections outlive the calls: with a TLS handshake for each, observing a fleet would take several times as long. Idle
 * ones close after some seconds and keep no process alive.
 */
const dispatchers = new Map<string, { ca: string | undefined; agent: Agent }>();

async function dispatcherFor({ host, port, caFile }: ProxmoxConnection): Promise<Dispatcher> {
  const ca = caFile === undefined ? undefined : await readCertificates(caFile);
  const known = dispatchers.get(`${host}:${port}`);
  if (known !== undefined && known.ca === ca) return known.agent;
  const agent = new Agent({
    connections: mostConnections,
    connect: {
      timeout: connectMilliseconds,
      // A certificate that is pinned itself, and not its CA, ends the chain too.
      ...(ca === undefined ? {} : { ca, allowPartialTrustChain: true }),
    },
  });
  dispatchers.set(`${host}:${port}`, { ca, agent });
  return agent;
}

/** The whole answer, or a `ProxmoxRefusal` or `ProxmoxSilence`; reading it here bounds the body by the time-out too. */
async function readAnswer(
  url: string | URL,
  { method, headers, body }: z.output<typeof engineRequestSchema>,
  signal: AbortSignal,
  dispatcher: Dispatcher,
): Promise<Response> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { method, headers, body: body ?? null, signal, dispatcher });
    text = await response.text();
  } catch (error) {
    throw new ProxmoxSilence(error);
  }
  if (response.status !== 200) throw new ProxmoxRefusal(response.status, refusalReason(response, text));
  return new Response(text, { status: 200, headers: { "content-type": "application/json;charset=UTF-8" } });
}

function refusalReason(response: Response, text: string): string {
  const body = errorBodySchema.safeParse(parseJson(text));
  const words = [response.statusText.trim() || (body.data?.message ?? "").trim()];
  for (const [parameter, problem] of Object.entries(body.data?.errors ?? {})) {
    words.push(`${parameter}: ${String(problem).trim()}`);
  }
  return words.filter((word) => word !== "").join(" ") || "no reason was given";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `proxmox-api` wraps what `fetch` threw; what we threw ourselves is somewhere in the chain of causes. */
function failureWithin(error: unknown): unknown {
  let current = error;
  while (current instanceof Error) {
    if (current instanceof ProxmoxRefusal || current instanceof ProxmoxSilence) return current;
    current = current.cause;
  }
  return error;
}

async function credentials(
  connection: ProxmoxConnection,
  identity: Identity,
): Promise<{ tokenID: string; tokenSecret: string } | { username: string; password: string }> {
  if (identity === "root") {
    if (connection.rootPasswordFile === undefined) {
      throw new BerthError("proxmox.refused", "This needs root@pam itself, and the connection has no rootPasswordFile");
    }
    const password = await readSecretFile(connection.rootPasswordFile, "root@pam's password");
    return { username: "root@pam", password: password.reveal() };
  }
  const secret = await readSecretFile(connection.tokenSecretFile, "the API token's secret");
  const tokenSecret = secret.reveal().toLowerCase();
  if (!tokenSecretPattern.test(tokenSecret)) {
    throw new BerthError("request.invalid", `${connection.tokenSecretFile} does not hold the secret of an API token`, {
      hint: "It is a UUID, shown once when the token is made: pveum user token add USER@REALM TOKEN",
    });
  }
  return { tokenID: connection.tokenId, tokenSecret };
}

async function readCertificates(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BerthError("request.invalid", `caFile cannot be read: ${reason}`, { cause });
  });
  if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw new BerthError("request.invalid", `caFile ${path} holds no certificate in PEM form`);
  }
  return text;
}
