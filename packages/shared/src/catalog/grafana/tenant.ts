import { series, stat, table, type Row } from "./panels.ts";

const of = '{tenant="$tenant"}';
const owned = '{owner="$tenant"}';
const byInstance = (expression: string) => [
  { expression: `sum by (instance) (${expression})`, legend: "{{instance}}" },
];

/** One tenant, or what is shared: its instances, and what it has in the stores. */
export const tenantRows: Row[] = [
  {
    title: "Now",
    panels: [
      stat("Instances healthy", "short", "", {
        queries: [
          { expression: `sum(berth_instance_healthy${of})`, legend: "healthy" },
          { expression: `count(berth_instance_info${of})`, legend: "of" },
        ],
      }),
      stat("CPU", "short", `sum(berth_container_cpu_cores${of})`, { description: "Cores" }),
      stat("Memory", "bytes", `sum(berth_container_memory_bytes${of})`),
      stat("Databases", "bytes", `sum(berth_database_size_bytes${of})`),
      stat("Points", "short", `sum(berth_collection_points${of})`, { description: "In collections of Qdrant" }),
      stat("Buckets", "bytes", `sum(berth_bucket_size_bytes${of})`),
    ],
  },
  {
    title: "Instances",
    panels: [
      series("CPU", "short", byInstance(`avg_over_time(berth_container_cpu_cores${of}[$__rate_interval])`), {
        stacked: true,
      }),
      series("Memory", "bytes", byInstance(`berth_container_memory_bytes${of}`), { stacked: true }),
      series(
        "Network received",
        "Bps",
        byInstance(`avg_over_time(berth_container_network_receive_bytes_per_second${of}[$__rate_interval])`),
      ),
      series(
        "Network sent",
        "Bps",
        byInstance(`avg_over_time(berth_container_network_transmit_bytes_per_second${of}[$__rate_interval])`),
      ),
      series("Volumes", "bytes", [{ expression: `berth_volume_size_bytes${of}`, legend: "{{volume}}" }], {
        stacked: true,
      }),
      table("States", "short", `berth_instance_state${of} == 1`, { labelsOnly: true }),
    ],
  },
  {
    title: "Stores",
    panels: [
      series("Databases", "bytes", [{ expression: `berth_database_size_bytes${of}`, legend: "{{database}}" }]),
      series("Kept in databases", "short", [
        { expression: `berth_database_rows${of}`, legend: "{{what}} in {{database}}" },
      ]),
      series(
        "Connections",
        "short",
        [
          { expression: `berth_database_connections${of}`, legend: "{{database}}" },
          { expression: `berth_database_connection_limit${of}`, legend: "limit of {{database}}" },
        ],
        { columns: 8 },
      ),
      series("Points", "short", [{ expression: `berth_collection_points${of}`, legend: "{{collection}}" }], {
        columns: 8,
      }),
      series("Objects", "short", [{ expression: `berth_bucket_objects${of}`, legend: "{{bucket}}" }], { columns: 8 }),
      series("Buckets", "bytes", [
        { expression: `berth_bucket_size_bytes${of}`, legend: "{{bucket}}" },
        { expression: `berth_bucket_quota_bytes${of}`, legend: "quota of {{bucket}}" },
      ]),
      table(
        "Buckets of their quota",
        "percentunit",
        `sort_desc(max by (bucket) (berth_bucket_size_bytes${of} / berth_bucket_quota_bytes${of}))`,
        { badFrom: 0.9 },
      ),
    ],
  },
  {
    title: "Backups",
    panels: [
      stat("Age of the newest backup", "s", `time() - berth_backup_last_success_timestamp_seconds${owned}`, {
        columns: 6,
        badFrom: 2 * 86_400,
      }),
      stat("Its size", "bytes", `berth_backup_last_success_bytes${owned}`, { columns: 6 }),
      stat("Late", "short", `berth_backup_late${owned}`, { columns: 6, badFrom: 1 }),
      stat("Last proof by a restore", "s", `time() - berth_backup_last_proof_timestamp_seconds${owned}`, {
        columns: 6,
        badFrom: 60 * 86_400,
      }),
    ],
  },
];
