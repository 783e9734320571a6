/** Takes the configuration from the controller, as Traefik's HTTP provider does. */
import { Agent, request, type RequestOptions } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { BerthError } from "@berth/shared/errors";

export interface PollOptions {
  endpoint: string;
  /** PEM of the controller's CA. */
  ca: string;
  token: string;
  intervalMilliseconds: number;
  requestMilliseconds: number;
  signal: AbortSignal;
  /** The document that the controller has now; called when it is another one. */
  onDocument: (document: unknown) => Promise<void>;
  /** Each failure once, until something was had again; then null. */
  onFailure: (reason: string | null) => void;
}

/** Runs until the signal is aborted. What cannot be had changes nothing. */
export async function poll(options: PollOptions): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let etag: string | undefined;
  let told: string | null = null;
  const tell = (reason: string | null): void => {
    if (reason !== told) options.onFailure(reason);
    told = reason;
  };
  while (!options.signal.aborted) {
    try {
      const answer = await fetchDocument(options, agent, etag);
      if (answer !== "unchanged") await options.onDocument(answer.document);
      if (answer !== "unchanged") etag = answer.etag;
      tell(null);
    } catch (error) {
      if (!options.signal.aborted) tell(error instanceof Error ? error.message : String(error));
    }
    await sleep(options.intervalMilliseconds, undefined, { signal: options.signal }).catch(() => undefined);
  }
  agent.destroy();
}

type Answer = "unchanged" | { document: unknown; etag: string | undefined };

function fetchDocument(
  { endpoint, ca, token, requestMilliseconds, signal }: PollOptions,
  agent: Agent,
  etag: string | undefined,
): Promise<Answer> {
  const options: RequestOptions = {
    agent,
    ca,
    headers: { authorization: `Bearer ${token}`, ...(etag === undefined ? {} : { "if-none-match": etag }) },
    signal: AbortSignal.any([signal, AbortSignal.timeout(requestMilliseconds)]),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(endpoint, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const { statusCode, headers } = answer;
        if (statusCode === 304) resolve("unchanged");
        else if (statusCode !== 200) reject(unexpected(endpoint, statusCode));
        else parse(Buffer.concat(chunks).toString("utf8"), headers.etag).then(resolve, reject);
      });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

async function parse(text: string, etag: string | undefined): Promise<Answer> {
  return { document: JSON.parse(text), etag };
}

function unexpected(endpoint: string, status: number | undefined): BerthError {
  return new BerthError("controller.unreachable", `${endpoint} answered with HTTP ${status}`);
}
