import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createConnection, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";
import { BerthError } from "@berth/shared/errors";

const portsToTry = 100;
const connectDeadlineMilliseconds = 10_000;

/** A Unix socket, and where connections to it lead. */
export interface GatewayTarget {
  socketPath: string;
  host: string;
  port: number;
}

/** Listens on 127.0.0.1 at `port`, or the next free one, and joins each connection to the Unix socket. */
export async function listenRelay(port: number, socketPath: string): Promise<{ server: Server; port: number }> {
  for (let candidate = port; candidate < port + portsToTry; candidate += 1) {
    const server = createServer({ allowHalfOpen: true }, (client) => joinConnection(client, { path: socketPath }));
    if (await tryListen(server, candidate)) return { server, port: candidate };
  }
  throw new BerthError("conflict", `No port from ${port} to ${port + portsToTry - 1} of 127.0.0.1 is free`);
}

/** Listens on a Unix socket, in place of one that was left there, and joins each connection to the target. */
export async function listenGateway({ socketPath, host, port }: GatewayTarget): Promise<Server> {
  await rm(socketPath, { force: true });
  const server = createServer({ allowHalfOpen: true }, (client) => joinConnection(client, { host, port }));
  server.listen(socketPath);
  await once(server, "listening");
  return server;
}

function tryListen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      if ("code" in error && error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
}

/** Copies both ways; when one side breaks, the other is told. A target with nobody behind it closes the client. */
function joinConnection(client: Socket, to: NetConnectOpts): void {
  const target = createConnection({ ...to, allowHalfOpen: true });
  target.setTimeout(connectDeadlineMilliseconds, () => target.destroy());
  target.once("connect", () => target.setTimeout(0));
  client.on("error", () => target.destroy());
  target.on("error", () => client.destroy());
  client.on("close", () => target.destroy());
  target.on("close", () => client.destroy());
  client.pipe(target);
  target.pipe(client);
}
