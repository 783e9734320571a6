/** Passes requests and WebSockets on, and answers those that lead nowhere as Traefik does. */
import { type ClientRequest, type IncomingMessage, ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { createProxyServer } from "httpxy";

/** Where a request goes: a server's URL, or the status that it is answered with. */
export type Destination = { url: string } | { status: 404 | 503 };

export interface RouterProxy {
  web: (request: IncomingMessage, response: ServerResponse, to: Destination) => void;
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, to: Destination) => void;
}

const connectMilliseconds = 10_000;
/** What the router says of a client, nobody else may say. */
const forwardedHeaders = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip"];
const bodies = {
  404: "404 page not found\n",
  503: "no available server\n",
  502: "Bad Gateway",
  504: "Gateway Timeout",
};

export function createRouterProxy({ localAddress }: { localAddress?: string | undefined }): RouterProxy {
  // A connection for each request: one that was kept may have been closed by the server at that very moment.
  const options = { xfwd: true, agent: false, ...(localAddress === undefined ? {} : { localAddress }) };
  const proxy = createProxyServer(options);
  const upgraded = new WeakSet<IncomingMessage>();
  proxy.on("proxyReq", limitConnecting);
  proxy.on("proxyReqWs", (outgoing, request) => {
    outgoing.once("socket", () => limitConnecting(outgoing));
    outgoing.once("upgrade", () => upgraded.add(request));
  });
  proxy.on("error", (error, request, client) => {
    const status = "code" in error && error.code === "ETIMEDOUT" ? 504 : 502;
    if (client instanceof ServerResponse) answer(client, status);
    else if (client !== undefined && request !== undefined && !upgraded.has(request)) answerSocket(client, status);
    else client?.destroy();
  });

  function prepare(request: IncomingMessage): void {
    for (const name of forwardedHeaders) delete request.headers[name];
    request.headers["x-real-ip"] = request.socket.remoteAddress;
  }

  return {
    web(request, response, to) {
      if ("status" in to) {
        answer(response, to.status);
        return;
      }
      prepare(request);
      // The server's failures come to the listener above; what is left is the client's own.
      proxy.web(request, response, { target: to.url }).catch(() => response.destroy());
    },
    upgrade(request, socket, head, to) {
      socket.on("error", () => socket.destroy());
      if ("status" in to) {
        answerSocket(socket, to.status);
        return;
      }
      prepare(request);
      proxy.ws(request, request.socket, { target: to.url }, head).catch(() => socket.destroy());
    },
  };
}

/** A node that is off the network takes no connection and refuses none. */
function limitConnecting(outgoing: ClientRequest): void {
  const { socket } = outgoing;
  if (socket === null || !socket.connecting) return;
  const timer = setTimeout(() => {
    outgoing.destroy(Object.assign(new Error("the server took no connection in time"), { code: "ETIMEDOUT" }));
  }, connectMilliseconds);
  const clear = (): void => clearTimeout(timer);
  socket.once("connect", clear);
  outgoing.once("close", clear);
}

function answer(response: ServerResponse, status: keyof typeof bodies): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(bodies[status]);
}

function answerSocket(socket: Duplex, status: keyof typeof bodies): void {
  const body = bodies[status];
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
