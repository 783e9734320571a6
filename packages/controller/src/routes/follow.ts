/** Keeps the file of `routes.directory` as the routes are: after each change of an instance, a node or the fleet. */
import { setInterval } from "node:timers";
import type { Logger } from "pino";
import { toBerthError } from "@berth/shared/errors";
import type { Hub } from "../agents/types.ts";
import type { Inventory } from "../inventory/database.ts";
import { recordEvent } from "../inventory/events.ts";
import { createRoutesDirectory } from "./directory.ts";
import type { Routes } from "./routes.ts";

/** Also without a change: the last word of an agent that is away ends by the clock, and what failed is tried again. */
const betweenLooksMilliseconds = 15_000;
const changes = ["node", "node.gone", "instance", "instance.gone"] as const;

export interface FollowDependencies {
  routes: Pick<Routes, "publication">;
  hub: Pick<Hub, "events">;
  inventory: Pick<Inventory, "database">;
  logger: Pick<Logger, "warn">;
}

export interface RoutesFollower {
  /** The fleet has changed. */
  look: () => void;
  /** Ends when nothing more is written. */
  close: () => Promise<void>;
}

/** What cannot be written is an event of the fleet, once until it was written again; everything else goes on. */
export function followRoutes({ routes, hub, inventory, logger }: FollowDependencies): RoutesFollower {
  const files = createRoutesDirectory();
  let working: Promise<void> | null = null;
  let changed = false;
  let told: string | null = null;

  async function write(): Promise<void> {
    const { directory, configuration } = await routes.publication();
    await files.write(directory, configuration);
    told = null;
  }

  async function tell(error: unknown): Promise<void> {
    const { message, hint } = toBerthError(error);
    if (message === told) return;
    told = message;
    logger.warn({ hint }, message);
    await recordEvent(inventory.database, { kind: "routes.failed", message });
  }

  /** Changes that come while one is being written are written together, after it. */
  async function work(): Promise<void> {
    while (changed) {
      changed = false;
      try {
        await write().catch(tell);
      } catch (error) {
        logger.warn({ err: error }, "An event of the routes could not be recorded");
      }
    }
    working = null;
  }

  function look(): void {
    changed = true;
    working ??= work();
  }

  for (const event of changes) hub.events.on(event, look);
  const timer = setInterval(look, betweenLooksMilliseconds).unref();
  look();

  return {
    look,
    async close() {
      clearInterval(timer);
      for (const event of changes) hub.events.off(event, look);
      await working;
    },
  };
}
