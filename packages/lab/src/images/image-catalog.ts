import type { ImageDefinition } from "./definition.ts";
import { flowise } from "./definitions/flowise.ts";
import { idle } from "./definitions/idle.ts";
import { minio } from "./definitions/minio.ts";
import { n8n } from "./definitions/n8n.ts";
import { openWebui } from "./definitions/open-webui.ts";
import { pgbouncer } from "./definitions/pgbouncer.ts";
import { postgres } from "./definitions/postgres.ts";
import { prometheus } from "./definitions/prometheus.ts";
import { qdrant } from "./definitions/qdrant.ts";
import { redis } from "./definitions/redis.ts";
import { restic } from "./definitions/restic.ts";
import { standIns } from "./definitions/stand-ins.ts";
import { supabasePostgres } from "./definitions/supabase-postgres.ts";

/** Every image the lab can build. */
export const imageCatalog: readonly ImageDefinition[] = [
  postgres,
  redis,
  restic,
  pgbouncer,
  prometheus,
  idle,
  minio,
  qdrant,
  supabasePostgres,
  ...standIns,
  ...openWebui,
  ...n8n,
  flowise,
];

/** What `ensureImages` builds unless told otherwise: all but those that cost minutes and only an upgrade needs. */
export const standardImages: readonly ImageDefinition[] = imageCatalog.filter((image) => image.onDemand !== true);
