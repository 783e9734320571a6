import { once } from "node:events";
import { createQdrantServer } from "./server.ts";
import type { Settings } from "./settings.ts";
import { Snapshots } from "./snapshots.ts";
import { Storage } from "./storage.ts";

export interface RunningQdrant {
  /** Where it listens. */
  port: number;
  stop: () => Promise<void>;
}

/** Opens the storage and listens. */
export async function startQdrant(settings: Settings): Promise<RunningQdrant> {
  const storage = new Storage(settings.storageDirectory);
  const snapshots = new Snapshots(storage, settings.snapshotsDirectory);
  const server = createQdrantServer({ storage, snapshots }, settings.keys);
  server.listen(settings.port, settings.host ?? undefined);
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : settings.port,
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      storage.close();
    },
  };
}
