/** One response of Server-Sent Events. A reader that does not keep up loses its connection, not our memory. */
import type { ServerResponse } from "node:http";
import { heartbeatMilliseconds } from "@berth/shared/api/live";
import type { FastifyReply, FastifyRequest } from "fastify";

const maxBufferedBytes = 4 * 1024 * 1024;

export interface EventStream {
  send: (event: string, data: unknown) => void;
  /** What `encodeEvent` gave: for an event that many are told. */
  sendEncoded: (bytes: Buffer) => void;
  end: () => void;
  /** Aborted when the reader has gone. */
  signal: AbortSignal;
}

export function openEventStream(request: FastifyRequest, reply: FastifyReply): EventStream {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  // Where nothing is to be told yet, its reader would else wait for the first heartbeat to know that it is open.
  response.flushHeaders();
  const signal = goneSignal(response);
  const heartbeat = setInterval(() => write(":\n\n"), heartbeatMilliseconds);
  whenAborted(signal, () => clearInterval(heartbeat));
  request.raw.socket.setNoDelay(true);

  function write(bytes: string | Buffer): void {
    if (response.destroyed || response.writableEnded) return;
    if (response.writableLength > maxBufferedBytes) response.destroy();
    else response.write(bytes);
  }

  return {
    send: (event, data) => write(encodeEvent(event, data)),
    sendEncoded: write,
    end: () => response.end(),
    signal,
  };
}

/** Bytes and not text, which each connection would turn into bytes of its own. */
export function encodeEvent(event: string, data: unknown): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** Aborted when the reader has gone: at once if it left while its account was looked up. */
export function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (response.destroyed) gone.abort();
  else response.once("close", () => gone.abort());
  return gone.signal;
}

/** A signal that was aborted before somebody listens to it tells nobody. */
export function whenAborted(signal: AbortSignal, action: () => void): void {
  if (signal.aborted) action();
  else signal.addEventListener("abort", action, { once: true });
}
