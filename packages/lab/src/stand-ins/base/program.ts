/** How every stand-in starts and ends. */
import type { Server } from "node:http";
import type { Server as TcpServer } from "node:net";

export interface Running {
  /** Servers with the ports they listen at. */
  servers: readonly (readonly [Server | TcpServer, number])[];
  /** What else is to be ended. */
  close?: () => Promise<void> | void;
}

/** Runs a stand-in until it is told to end. One that cannot start says why and exits 1, as a container should. */
export function runStandIn(title: string, start: () => Promise<Running> | Running): void {
  log(`${title} stand-in`);
  begin(start).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}

async function begin(start: () => Promise<Running> | Running): Promise<void> {
  const { servers, close } = await start();
  for (const [server, port] of servers) {
    server.once("error", (error) => {
      process.stderr.write(`Cannot listen at port ${port}: ${error.message}\n`);
      process.exit(1);
    });
    server.listen(port, "0.0.0.0", () => log(`Listening on port ${port}`));
  }
  const end = (): void => {
    for (const [server] of servers) {
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
    }
    void Promise.resolve(close?.()).finally(() => process.exit(0));
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
}

export function log(line: string): void {
  process.stdout.write(`${line}\n`);
}
