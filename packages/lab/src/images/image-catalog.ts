import type { ImageDefinition } from "./definition.ts";
import { flowise } from "./definitions/flowise.ts";
import { idle } from "./definitions/idle.ts";
import { n8n } from "./definitions/n8n.ts";
import { openWebui } from "./definitions/open-webui.ts";
import { postgres } from "./definitions/postgres.ts";
import { redis } from "./definitions/redis.ts";

/** Every image the lab can build. */
export const imageCatalog: readonly ImageDefinition[] = [postgres, redis, idle, ...openWebui, ...n8n, flowise];

/** What `ensureImages` builds unless told otherwise: all but those that cost minutes and only an upgrade needs. */
export const standardImages: readonly ImageDefinition[] = imageCatalog.filter((image) => image.onDemand !== true);
