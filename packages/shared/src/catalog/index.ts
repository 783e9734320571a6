import flowise from "./flowise.ts";
import n8n from "./n8n.ts";
import openwebui from "./openwebui.ts";
import postgres from "./postgres.ts";
import redis from "./redis.ts";
import type { Catalog } from "./schema.ts";

/** Every service that Berth knows, by name. */
export const catalog: Catalog = new Map(
  [postgres, redis, openwebui, n8n, flowise].map((service) => [service.name, service]),
);
