/** As little HTTP as the stand-in needs: JSON, Server-Sent Events, files. */
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";
import type { ErrorBody } from "@berth/shared/api/errors";
import { errorCatalogue, type BerthError } from "@berth/shared/errors";
import { contentSecurityPolicy, terminalContentSecurityPolicy, terminalPath } from "@berth/shared/api/page";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
  response.end(JSON.stringify(body));
}

export function sendError(response: ServerResponse, error: BerthError): void {
  const body: ErrorBody = { error: error.toBody() };
  sendJson(response, errorCatalogue[error.code].httpStatus, body);
}

export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

export interface EventSink {
  send: (event: string, data: unknown) => void;
  /** A comment, which says that the stream is there. */
  beat: () => void;
  close: () => void;
}

export function openEvents(response: ServerResponse): EventSink {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.flushHeaders();
  return {
    send: (event, data) => void response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    beat: () => void response.write(":\n\n"),
    close: () => void response.destroy(),
  };
}

/** A file of the built page, its terminal, or its index for every other address, each under its policy. */
export async function sendPage(response: ServerResponse, directory: string, path: string): Promise<void> {
  const document = path === terminalPath ? "terminal.html" : "index.html";
  const file = types[extname(path)] === undefined ? document : normalize(path).replace(/^(\.\.[/\\])+/, "");
  const body = await readFile(join(directory, file)).catch(() => undefined);
  if (body === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    "content-type": types[extname(file)] ?? "application/octet-stream",
    "content-security-policy": file === "terminal.html" ? terminalContentSecurityPolicy : contentSecurityPolicy,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
  });
  response.end(body);
}
