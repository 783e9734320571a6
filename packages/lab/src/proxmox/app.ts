import { setTimeout as sleep } from "node:timers/promises";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { Caller } from "./access.ts";
import type { ApiContext } from "./context.ts";
import { type Endpoint, Page } from "./endpoint.ts";
import { ApiFailure } from "./failures.ts";
import { claimRequestFault } from "./faults.ts";
import type { RawParameters } from "./parameters.ts";
import { accessEndpoints } from "./routes/access.ts";
import { clusterEndpoints } from "./routes/cluster.ts";
import { lxcConfigEndpoints } from "./routes/lxc-config.ts";
import { lxcResizeEndpoints } from "./routes/lxc-resize.ts";
import { lxcStatusEndpoints } from "./routes/lxc-status.ts";
import { lxcEndpoints } from "./routes/lxc.ts";
import { snapshotEndpoints } from "./routes/snapshots.ts";
import { storageEndpoints } from "./routes/storage.ts";
import { taskEndpoints } from "./routes/tasks.ts";

const prefix = "/api2/json";
/** Proxmox VE writes it exactly so, and `proxmox-api` compares it exactly so. */
const contentType = "application/json;charset=UTF-8";

const endpoints: readonly Endpoint[] = [
  ...accessEndpoints,
  ...clusterEndpoints,
  ...storageEndpoints,
  ...taskEndpoints,
  ...lxcEndpoints,
  ...lxcConfigEndpoints,
  ...lxcResizeEndpoints,
  ...lxcStatusEndpoints,
  ...snapshotEndpoints,
];

/** Key and certificate, PEM. */
export interface ServerIdentity {
  key: string;
  cert: string;
}

/** The API as an application that does not listen yet. `onRequestDone` gets one line per request. */
export function buildApp(context: ApiContext, https: ServerIdentity, onRequestDone: (line: string) => void) {
  const app = Fastify({ https, bodyLimit: 512 * 1024, forceCloseConnections: true });
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    async (_request: unknown, body: string) => parseForm(body),
  );
  for (const { method, path, isPublic, run } of endpoints) {
    app.route({
      method,
      url: `${prefix}${path}`,
      handler: async (request, reply) => {
        const requestPath = request.url.slice(prefix.length).split("?")[0] ?? "";
        const faulty = { method, path: requestPath };
        const delay = await claimRequestFault(context.stateDirectory, "delay", faulty);
        if (delay !== undefined) await sleep(delay.delayMs);
        const refusal = await claimRequestFault(context.stateDirectory, "answer", faulty);
        if (refusal !== undefined) throw new ApiFailure(refusal.status, refusal.message);
        const caller = isPublic ? new Caller("nobody", []) : await authenticate(context, request);
        const result = await run(context, rawParameters(request), caller);
        if ((await claimRequestFault(context.stateDirectory, "drop-response", faulty)) !== undefined) {
          reply.hijack();
          request.raw.socket.destroy();
          return reply;
        }
        return answer(
          reply,
          200,
          "OK",
          result instanceof Page ? { data: result.data, total: result.total } : { data: result },
        );
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const message = `Method '${request.method} ${request.url.slice(prefix.length)}' not implemented`;
    return answer(reply, 501, message, { data: null });
  });
  app.setErrorHandler((error, _request, reply) => {
    const { status, message, errors } = asApiFailure(error);
    return answer(reply, status, message, {
      data: null,
      message: `${message}\n`,
      ...(errors === undefined ? {} : { errors }),
    });
  });
  app.addHook("onResponse", async (request, reply) => {
    onRequestDone(`${request.method} ${request.url} ${reply.statusCode} ${Math.round(reply.elapsedTime)} ms`);
  });
  return app;
}

function authenticate(context: ApiContext, request: FastifyRequest): Promise<Caller> {
  const csrfToken = request.headers["csrfpreventiontoken"];
  return context.access.authenticate({
    method: request.method,
    authorization: request.headers.authorization,
    cookie: request.headers.cookie,
    csrfToken: typeof csrfToken === "string" ? csrfToken : undefined,
  });
}

/** A repeated key becomes an array. */
function parseForm(body: string): RawParameters {
  const form = new URLSearchParams(body);
  return Object.fromEntries(
    [...new Set(form.keys())].map((key) => {
      const values = form.getAll(key);
      return [key, values.length === 1 ? values[0] : values];
    }),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function rawParameters(request: FastifyRequest): RawParameters {
  const parts = [request.query, request.body, request.params].filter(isRecord);
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

function asApiFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const isBadRequest = isRecord(error) && error["statusCode"] === 400;
  return new ApiFailure(isBadRequest ? 400 : 500, message);
}

function answer(
  reply: FastifyReply,
  status: number,
  statusMessage: string,
  body: Record<string, unknown>,
): FastifyReply {
  // A status line is one line of Latin-1; what else the message holds is in the body.
  reply.raw.statusMessage = statusMessage.replaceAll(/[^\t\u{20}-\u{7e}\u{a0}-\u{ff}]+/gu, " ").trim();
  return reply.code(status).header("content-type", contentType).send(JSON.stringify(body));
}
