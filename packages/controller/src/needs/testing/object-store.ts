/** The lab's stand-in for the object store on loopback, and requests to it as an owner may make them. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { startObjectStore } from "@berth/lab/stand-ins/object-store/start";
import type { BucketsNeed } from "@berth/shared/operations/buckets-ensure";
import aws4 from "aws4";
import type { ObjectStore } from "../minio-client.ts";

export interface TestStore {
  store: ObjectStore;
  stop: () => Promise<void>;
}

export interface Credentials {
  accessKey: string;
  secretKey: string;
}

export async function startTestStore(): Promise<TestStore> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "berth-objects-"));
  const root = { accessKey: "root-of-the-test", secretKey: "password-of-root" };
  const running = await startObjectStore({
    ...{ dataDirectory, host: "127.0.0.1", port: 0, consolePort: 0 },
    ...{ rootUser: root.accessKey, rootPassword: root.secretKey },
  });
  return {
    store: { endpoint: { address: "127.0.0.1", port: running.port }, ...root },
    async stop() {
      await running.stop();
      await rm(dataDirectory, { recursive: true });
    },
  };
}

export function needOf(owner: string, changes: Partial<BucketsNeed> = {}): BucketsNeed {
  return {
    ...{ server: "shared-minio", owner, accessKey: `berth-${owner}`, quotaBytes: 1024 ** 2 },
    buckets: [`${owner}-uploads`, `${owner}-backups`],
    ...changes,
  };
}

export function secretOf(owner: string): string {
  return `secret of ${owner}`;
}

export function keyOf({ accessKey, owner }: BucketsNeed): Credentials {
  return { accessKey, secretKey: secretOf(owner) };
}

export interface Attempt {
  method: string;
  /** With its query, sent as it is. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface Outcome {
  status: number;
  body: string;
}

/** Sends a request signed by these credentials, or by nobody. */
export async function ask(
  { endpoint }: ObjectStore,
  credentials: Credentials | undefined,
  { method, path, headers = {}, body }: Attempt,
): Promise<Outcome> {
  const host = `${endpoint.address}:${endpoint.port}`;
  const plain = { service: "s3", method, host, path, headers, ...(body === undefined ? {} : { body }) };
  const signed =
    credentials === undefined
      ? plain
      : aws4.sign(plain, { accessKeyId: credentials.accessKey, secretAccessKey: credentials.secretKey });
  const sent = httpRequest({
    ...{ host: endpoint.address, port: endpoint.port, method, path, headers: signed.headers },
    signal: AbortSignal.timeout(10_000),
  });
  sent.end(body);
  const [response]: IncomingMessage[] = await once(sent, "response");
  if (response === undefined) throw new Error(`${method} ${path} got no answer`);
  return { status: response.statusCode ?? 0, body: await text(response) };
}

export interface Relay {
  /** The store behind the relay. */
  store: ObjectStore;
  close: () => Promise<void>;
}

/**
 * A way to the store that breaks at the request which would be change number `breaksAt` (0 for the first): before the
 * store sees it, or after, so that only its answer is lost. Nothing gets through from then on.
 */
export async function startRelay(store: ObjectStore, breaksAt: number, loses: "request" | "answer"): Promise<Relay> {
  let changes = 0;
  let isBroken = false;
  const server = createServer((incoming, outgoing) => {
    const isChange = incoming.method !== "GET" && incoming.method !== "HEAD";
    const breaksNow = isChange && changes === breaksAt;
    if (isChange) changes += 1;
    if (isBroken || (breaksNow && loses === "request")) {
      isBroken = true;
      outgoing.destroy();
      return;
    }
    isBroken = breaksNow;
    relay(incoming, outgoing, store, breaksNow).catch(() => outgoing.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    store: { ...store, endpoint: { address: "127.0.0.1", port } },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function relay(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  store: ObjectStore,
  losesAnswer: boolean,
): Promise<void> {
  const { status, body } = await forward(incoming, store);
  if (losesAnswer) outgoing.destroy();
  else outgoing.writeHead(status).end(body);
}

async function forward(
  incoming: IncomingMessage,
  { endpoint }: ObjectStore,
): Promise<{ status: number; body: Buffer }> {
  const sent = httpRequest({
    ...{ host: endpoint.address, port: endpoint.port, path: incoming.url ?? "/" },
    ...{ method: incoming.method ?? "GET", headers: incoming.headers },
    signal: AbortSignal.timeout(10_000),
  });
  sent.end(await buffer(incoming));
  const [response]: IncomingMessage[] = await once(sent, "response");
  if (response === undefined) throw new Error("The store gave no answer");
  return { status: response.statusCode ?? 502, body: await buffer(response) };
}
