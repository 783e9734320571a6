import clickhouse from "./clickhouse.ts";
import flowise from "./flowise.ts";
import grafana from "./grafana.ts";
import langfuse from "./langfuse.ts";
import minio from "./minio.ts";
import n8n from "./n8n.ts";
import neo4j from "./neo4j.ts";
import ollama from "./ollama.ts";
import openwebui from "./openwebui.ts";
import pgbouncer from "./pgbouncer.ts";
import postgres from "./postgres.ts";
import prometheus from "./prometheus.ts";
import qdrant from "./qdrant.ts";
import redis from "./redis.ts";
import type { Catalog } from "./schema.ts";
import searxng from "./searxng.ts";
import supabase from "./supabase.ts";
import traefik from "./traefik.ts";

const shared = [
  postgres,
  redis,
  clickhouse,
  ollama,
  langfuse,
  searxng,
  minio,
  qdrant,
  neo4j,
  supabase,
  pgbouncer,
  traefik,
  prometheus,
  grafana,
];
const tenant = [openwebui, n8n, flowise];

/** Every service that Berth knows, by name. */
export const catalog: Catalog = new Map([...shared, ...tenant].map((service) => [service.name, service]));
