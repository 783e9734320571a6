/** One response of Server-Sent Events. A reader that does not keep up loses its connection, not our memory. */
import { heartbeatMilliseconds } from "@berth/shared/api/live";
import type { FastifyReply, FastifyRequest } from "fastify";

const maxBufferedBytes = 4 * 1024 * 1024;

export interface EventStream {
  send: (event: string, data: unknown) => void;
  end: () => void;
  /** Aborted when the reader has gone. */
  signal: AbortSignal;
}

export function openEventStream(request: FastifyRequest, reply: FastifyReply): EventStream {
  reply.hijack();
  const response = reply.raw;
  const gone = new AbortController();
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  const heartbeat = setInterval(() => write(":\n\n"), heartbeatMilliseconds);
  response.on("close", () => {
    clearInterval(heartbeat);
    gone.abort();
  });
  request.raw.socket.setNoDelay(true);

  function write(text: string): void {
    if (response.destroyed || response.writableEnded) return;
    if (response.writableLength > maxBufferedBytes) response.destroy();
    else response.write(text);
  }

  return {
    send: (event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    end: () => response.end(),
    signal: gone.signal,
  };
}
