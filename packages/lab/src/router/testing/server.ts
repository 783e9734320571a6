/** An HTTP server on loopback that says who it is. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";

export interface NamedServer extends AsyncDisposable {
  server: Server;
  url: string;
  seen: IncomingMessage[];
  /** What its health page answers. */
  health: { status: number };
}

export async function startNamedServer(name: string): Promise<NamedServer> {
  const seen: IncomingMessage[] = [];
  const health = { status: 200 };
  const server = createServer((request, response) => {
    if (request.url === "/healthz") {
      response.writeHead(health.status).end();
      return;
    }
    seen.push(request);
    response.end(name);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    server,
    url: `http://127.0.0.1:${address.port}`,
    seen,
    health,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      if (!server.listening) return;
      server.close();
      await once(server, "close");
    },
  };
}
