import { defineService } from "./schema.ts";

/** Its defaults are for a machine of its own: caches of gigabytes, and tables about itself that grow by the second. */
const frugal = `<clickhouse>
  <max_server_memory_usage_to_ram_ratio>0.8</max_server_memory_usage_to_ram_ratio>
  <mark_cache_size>67108864</mark_cache_size>
  <index_mark_cache_size>16777216</index_mark_cache_size>
  <max_concurrent_queries>50</max_concurrent_queries>
  <asynchronous_metric_log remove="1"/>
  <metric_log remove="1"/>
  <opentelemetry_span_log remove="1"/>
  <processors_profile_log remove="1"/>
  <query_thread_log remove="1"/>
  <query_views_log remove="1"/>
  <text_log remove="1"/>
  <trace_log remove="1"/>
</clickhouse>
`;

export default defineService({
  name: "clickhouse",
  title: "ClickHouse",
  description: "Column store in which Langfuse keeps its traces",
  website: "https://clickhouse.com",
  scope: "shared",
  image: "docker.io/clickhouse/clickhouse-server",
  // Long-term support. Langfuse 4 demands 25.12, and works around an error of the releases before 26.4.1.
  version: "26.8.20.9",
  ports: [
    { name: "http", container: 8123, host: 8123 },
    // 9000 on the host is the object store's.
    { name: "native", container: 9000, host: 9009 },
  ],
  env: {
    CLICKHOUSE_USER: "clickhouse",
    CLICKHOUSE_PASSWORD: "${secret.password}",
    CLICKHOUSE_DB: "default",
  },
  files: [{ path: "/etc/clickhouse-server/config.d/berth.xml", content: frugal }],
  secrets: { password: { length: 32 } },
  volumes: [{ name: "data", path: "/var/lib/clickhouse" }],
  memory: "1GiB",
  health: { http: { port: 8123, path: "/ping" } },
  stopTimeoutSeconds: 60,
  backup: { method: "volumes", stop: true, note: "Its files belong together only while it does not write" },
  upgrade: { oneWay: true, notes: "https://clickhouse.com/docs/whats-new/changelog" },
});
