import { once } from "node:events";
import type { Server } from "node:http";
import { createConsoleServer } from "./console.ts";
import { createApiServer } from "./server.ts";
import type { Settings } from "./settings.ts";
import { openStore } from "./store.ts";

export interface RunningStore {
  /** Where it listens. */
  port: number;
  consolePort: number;
  stop: () => Promise<void>;
}

/** Opens the data folder and listens on both ports. */
export async function startObjectStore(settings: Settings): Promise<RunningStore> {
  const root = { accessKey: settings.rootUser, secretKey: settings.rootPassword };
  const store = await openStore(settings.dataDirectory, root);
  const api = createApiServer(store);
  const page = createConsoleServer(store);
  const port = await listen(api, settings.port, settings.host);
  const consolePort = await listen(page, settings.consolePort, settings.host);
  return {
    port,
    consolePort,
    async stop() {
      await Promise.all([close(api), close(page)]);
      store.close();
    },
  };
}

async function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
