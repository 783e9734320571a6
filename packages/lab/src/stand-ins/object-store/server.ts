import { randomBytes } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { answerAdmin } from "./admin.ts";
import { Refusal } from "./errors.ts";
import { type Answer, authenticate } from "./request.ts";
import { answerS3 } from "./s3.ts";
import type { Store } from "./store.ts";
import { element } from "./xml.ts";

const healthPath = /^\/minio\/health\/(live|ready|cluster|cluster\/read)$/;
const adminPrefix = "/minio/admin/v3/";
/** For a whole request; a large object on a slow line takes its time. */
const requestMilliseconds = 3_600_000;

/** S3's API, MinIO's admin API and its health paths, on one port as in the original. */
export function createApiServer(store: Store): Server {
  const server = createServer((incoming, response) => {
    serve(store, incoming, response).catch((error: unknown) => {
      // What is left to do when the headers are out: the client sees that the body ends early.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  server.requestTimeout = requestMilliseconds;
  return server;
}

async function serve(store: Store, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (incoming.url ?? "/").split("?")[0] ?? "/";
  const id = randomBytes(8).toString("hex").toUpperCase();
  let answer: Answer;
  try {
    answer = healthPath.test(path) ? { status: 200 } : await dispatch(store, path, incoming);
  } catch (error) {
    answer = refuse(error, path, id);
  }
  // A body that was not wanted is read all the same: only then does the client look at the answer.
  incoming.resume();
  await send(response, incoming.method === "HEAD", id, answer);
}

function dispatch(store: Store, path: string, incoming: IncomingMessage): Answer | Promise<Answer> {
  if (path.startsWith("/minio/") && !path.startsWith(adminPrefix)) throw new Refusal("NotImplemented");
  const request = authenticate(incoming, store);
  return path.startsWith(adminPrefix)
    ? answerAdmin(store, request, path.slice(adminPrefix.length))
    : answerS3(store, request);
}

function refuse(error: unknown, path: string, id: string): Answer {
  const refusal = error instanceof Refusal ? error : new Refusal("InternalError");
  if (refusal !== error) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  const { code, message, status } = refusal;
  if (path.startsWith(adminPrefix)) {
    const body = JSON.stringify({ Code: code, Message: message, Resource: path, RequestId: id });
    return { status, headers: { "content-type": "application/json" }, body };
  }
  const { markup: body } = element(
    "Error",
    ...[element("Code", code), element("Message", message), element("Resource", path), element("RequestId", id)],
  );
  return { status, headers: { "content-type": "application/xml", "x-minio-error-code": code }, body };
}

async function send(response: ServerResponse, isHead: boolean, id: string, answer: Answer): Promise<void> {
  const { status, headers = {}, body } = answer;
  const isWhole = typeof body === "string" || Buffer.isBuffer(body);
  response.writeHead(status, {
    server: "MinIO stand-in",
    "x-amz-request-id": id,
    ...(isWhole && status !== 304 ? { "content-length": Buffer.byteLength(body) } : {}),
    ...(body === undefined && status !== 204 && status !== 304 && !("content-length" in headers)
      ? { "content-length": 0 }
      : {}),
    ...headers,
  });
  if (isHead || body === undefined) response.end();
  else if (isWhole) response.end(body);
  else await pipeline(Readable.from(body), response);
}
