import { fill, fillAhead } from "./disks.ts";
import { series, stat, table, wideTable, type Row } from "./panels.ts";

const fullest = `sort_desc(topk(20, max by (node, mountpoint) (${fill("")})))`;
const byTenant = (name: string) => [{ expression: `sum by (tenant) (${name})`, legend: "{{tenant}}" }];

/** The whole fleet: is everything there, what do tenants use, what is amiss. */
export const fleetRows: Row[] = [
  {
    title: "Now",
    panels: [
      stat("Nodes", "short", "sum(berth_node_up)", {
        description: "Nodes whose agent is connected, and all there are",
        queries: [
          { expression: "sum(berth_node_up)", legend: "connected" },
          { expression: "count(berth_node_up)", legend: "of" },
        ],
      }),
      stat("Instances", "short", "", {
        description: "Instances that are healthy, and all there are",
        queries: [
          { expression: "sum(berth_instance_healthy)", legend: "healthy" },
          { expression: "count(berth_instance_info)", legend: "of" },
        ],
      }),
      stat("Alerts firing", "short", 'count(ALERTS{alertstate="firing"}) or vector(0)', { badFrom: 1 }),
      stat("Late backups", "short", "sum(berth_backup_late)", { badFrom: 1 }),
      stat("Oldest backup", "s", "time() - min(berth_backup_last_success_timestamp_seconds)", {
        description: "Age of the newest complete backup, of whoever has the oldest",
        badFrom: 2 * 86_400,
      }),
      stat("Next certificate ends in", "s", "min(berth_certificate_expiry_timestamp_seconds) - time()", {
        goodFrom: 14 * 86_400,
      }),
    ],
  },
  {
    title: "Instances and alerts",
    panels: [
      series(
        "Instances by state",
        "short",
        [{ expression: "sum by (state) (berth_instance_state) > 0", legend: "{{state}}" }],
        { stacked: true },
      ),
      table("Alerts", "short", 'ALERTS{alertstate="firing"}', { labelsOnly: true }),
    ],
  },
  {
    title: "Tenants",
    panels: [
      series(
        "CPU",
        "short",
        [
          {
            expression: 'sum by (tenant) (avg_over_time(berth_container_cpu_cores{tenant!=""}[$__rate_interval]))',
            legend: "{{tenant}}",
          },
        ],
        { stacked: true, description: "Cores, over all nodes; shared is what serves all" },
      ),
      series(
        "Memory",
        "bytes",
        [{ expression: 'sum by (tenant) (berth_container_memory_bytes{tenant!=""})', legend: "{{tenant}}" }],
        { stacked: true },
      ),
    ],
  },
  {
    title: "Nodes",
    panels: [
      series(
        "CPU of the limit",
        "percentunit",
        [
          {
            expression: "avg_over_time(berth_node_cpu_cores[$__rate_interval]) / berth_node_cpu_limit_cores",
            legend: "{{node}}",
          },
        ],
        { columns: 8, max: 1 },
      ),
      series(
        "Memory of the limit",
        "percentunit",
        [{ expression: "berth_node_memory_bytes / berth_node_memory_limit_bytes", legend: "{{node}}" }],
        { columns: 8, max: 1 },
      ),
      series(
        "Disk",
        "percentunit",
        [{ expression: "berth_node_disk_used_bytes / berth_node_disk_size_bytes", legend: "{{node}}" }],
        { columns: 8, max: 1 },
      ),
    ],
  },
  {
    title: "File systems and volumes",
    panels: [
      wideTable(
        "Fullest file systems",
        "percentunit",
        [
          { expression: fullest, legend: "Used of its size", badFrom: 0.9 },
          {
            expression: `max by (node, mountpoint) (berth_node_filesystem_size_bytes - berth_node_filesystem_used_bytes) and ${fullest}`,
            ...{ legend: "Free", unit: "bytes" },
          },
          {
            expression: `max by (node, mountpoint) (${fillAhead("")}) and ${fullest}`,
            legend: "In four days",
            badFrom: 1,
          },
        ],
        { description: "In four days: if it goes on as in the last six hours" },
      ),
      table("Largest volumes", "bytes", "sort_desc(topk(20, max by (node, tenant, volume) (berth_volume_size_bytes)))"),
    ],
  },
  {
    title: "What stores hold",
    panels: [
      series("Databases", "bytes", byTenant("berth_database_size_bytes"), { columns: 8, stacked: true }),
      series("Points", "short", byTenant("berth_collection_points"), {
        ...{ columns: 8, stacked: true, description: "In collections of Qdrant" },
      }),
      series("Buckets", "bytes", byTenant("berth_bucket_size_bytes"), { columns: 8, stacked: true }),
      table("Kept in databases", "short", "sort_desc(topk(20, sum by (tenant, what) (berth_database_rows)))"),
      table(
        "Fullest buckets",
        "percentunit",
        "sort_desc(topk(20, max by (tenant, bucket) (berth_bucket_size_bytes / berth_bucket_quota_bytes)))",
        { badFrom: 0.9, description: "What is used of the quota, where there is one" },
      ),
    ],
  },
  {
    title: "Backups",
    panels: [
      table("Age of the newest backup", "s", "time() - max by (owner) (berth_backup_last_success_timestamp_seconds)", {
        badFrom: 2 * 86_400,
      }),
      table(
        "Age of the last proof by a restore",
        "s",
        "time() - max by (owner) (berth_backup_last_proof_timestamp_seconds)",
        {
          badFrom: 60 * 86_400,
        },
      ),
    ],
  },
];
