/**
 * Every series that Prometheus gets of the fleet. What is sampled has no counter: the agents' frames hold rates, so each
 * is a gauge and says so. docs/metrics.md has the same list; a test holds the two equal.
 */
import type { ContainerColumn, NodeColumn } from "@berth/shared/metrics/samples";

export interface SeriesDefinition {
  type: "gauge" | "counter";
  unit: string;
  labels: readonly string[];
  help: string;
}

const node = ["node"] as const;
const instance = ["node", "tenant", "service", "instance"] as const;
const container = [...instance, "container"] as const;
const fileSystem = [...node, "mountpoint", "device", "fstype"] as const;
const volume = [...instance, "volume"] as const;
const owner = ["owner"] as const;
const run = ["kind", "state"] as const;
const database = ["tenant", "instance", "database"] as const;
const collection = ["tenant", "instance", "collection"] as const;
const bucket = ["tenant", "bucket"] as const;

export const definitions = {
  berth_build_info: gauge("1", ["version"], "Version of the controller"),

  berth_node_up: gauge("1 or 0", node, "Whether the node's agent is connected"),
  berth_node_info: gauge(
    "1",
    [...node, "address", "agent_version", "os", "kernel", "architecture", "docker_version"],
    "What the node is, as last known",
  ),
  berth_node_last_seen_timestamp_seconds: gauge("Unix time", node, "When the node's agent was last heard of"),
  berth_node_clock_skew_seconds: gauge("seconds", node, "The node's clock minus the controller's, when it connected"),
  berth_node_cpu_cores: gauge("cores", node, "CPU time that the node uses per second"),
  berth_node_cpu_limit_cores: gauge("cores", node, "Cores that the node may use, its LXC's limit included"),
  berth_node_memory_bytes: gauge("bytes", node, "Memory that the node uses, without file cache that can be dropped"),
  berth_node_memory_limit_bytes: gauge("bytes", node, "Memory that the node may use, its LXC's limit included"),
  berth_node_swap_bytes: gauge("bytes", node, "Swap that the node uses"),
  berth_node_network_receive_bytes_per_second: gauge("bytes/s", node, "Received over the node's own interfaces"),
  berth_node_network_transmit_bytes_per_second: gauge("bytes/s", node, "Sent over the node's own interfaces"),
  berth_node_disk_read_bytes_per_second: gauge("bytes/s", node, "Read from the node's disks"),
  berth_node_disk_write_bytes_per_second: gauge("bytes/s", node, "Written to the node's disks"),
  berth_node_disk_used_bytes: gauge("bytes", node, "Used of the node's root file system"),
  berth_node_disk_size_bytes: gauge("bytes", node, "Size of the node's root file system, without root's reserve"),
  berth_node_filesystem_used_bytes: gauge(
    "bytes",
    fileSystem,
    "Used of a writable file system of the node, its root among them",
  ),
  berth_node_filesystem_size_bytes: gauge("bytes", fileSystem, "Size of the file system, without root's reserve"),
  berth_node_cpu_pressure_ratio: gauge(
    "0 to 1",
    node,
    "Share of the time in which something of the node waited for CPU",
  ),
  berth_node_memory_pressure_ratio: gauge("0 to 1", node, "Likewise for memory"),
  berth_node_io_pressure_ratio: gauge("0 to 1", node, "Likewise for disks"),
  berth_node_load_average: gauge("count", node, "Load average of a minute, of a node that is no LXC"),
  berth_node_boot_time_seconds: gauge("Unix time", node, "When the node was started, by the controller's clock"),

  berth_instance_info: gauge("1", [...instance, "version"], "Version of the service, as last known"),
  berth_instance_state: gauge(
    "1 or 0",
    [...instance, "state"],
    "1 for the state that the instance is in, 0 for each other one; unknown: its node is offline",
  ),
  berth_instance_healthy: gauge("1 or 0", instance, "Whether the instance is healthy"),
  berth_instance_drift: gauge("count", instance, "In how many ways the instance departs from what the fleet says"),

  berth_container_info: gauge("1", [...container, "image"], "Image of the container"),
  berth_container_start_time_seconds: gauge("Unix time", container, "When the container was last started"),
  berth_container_restarts_total: counter("count", container, "Restarts by Docker since the container was made"),
  berth_container_cpu_cores: gauge("cores", container, "CPU time that the container uses per second"),
  berth_container_memory_bytes: gauge("bytes", container, "Working set: memory without file cache that can be dropped"),
  berth_container_memory_limit_bytes: gauge("bytes", container, "Memory that the container may use"),
  berth_container_network_receive_bytes_per_second: gauge("bytes/s", container, "Received by the container"),
  berth_container_network_transmit_bytes_per_second: gauge("bytes/s", container, "Sent by the container"),
  berth_container_disk_read_bytes_per_second: gauge("bytes/s", container, "Read from disks by the container"),
  berth_container_disk_write_bytes_per_second: gauge("bytes/s", container, "Written to disks by the container"),
  berth_container_processes: gauge("count", container, "Processes and threads in the container"),
  berth_container_cpu_throttled_cores: gauge(
    "cores",
    container,
    "Time per second for which its CPU limit held the container back, of all cores together",
  ),

  berth_volume_size_bytes: gauge("bytes", volume, "What a Docker volume took on its disk when it was measured last"),
  berth_volume_measured_timestamp_seconds: gauge("Unix time", volume, "When the volume was measured last"),

  berth_database_size_bytes: gauge("bytes", database, "Size of the database, as PostgreSQL tells it"),
  berth_database_connections: gauge("count", database, "Connections to the database"),
  berth_database_rows: gauge(
    "count",
    [...database, "what"],
    "What the service keeps in the database (what: executions, workflows), as PostgreSQL counts by itself",
  ),
  berth_database_connection_limit: gauge("count", database, "How many connections its login may have"),
  berth_collection_points: gauge("count", collection, "Points in the collection, as Qdrant counts them"),
  berth_bucket_size_bytes: gauge("bytes", bucket, "What the bucket holds, as the object store last counted it"),
  berth_bucket_objects: gauge("count", bucket, "Objects in the bucket, likewise"),
  berth_bucket_quota_bytes: gauge("bytes", bucket, "What the bucket may hold, if there is a quota"),
  berth_model_loaded_bytes: gauge(
    "bytes",
    ["instance", "model", "memory"],
    "What a model that is loaded takes, in the machine's own memory (system) and that of its graphics cards (graphics)",
  ),

  berth_runs: gauge("count", run, "Runs that are kept, the last 500, by kind and state"),
  berth_run_last_end_timestamp_seconds: gauge("Unix time", run, "When the last run of the kind and state ended"),

  berth_backup_last_success_timestamp_seconds: gauge("Unix time", owner, "When the newest complete backup was made"),
  berth_backup_last_success_bytes: gauge("bytes", owner, "Size of what the newest complete backup holds"),
  berth_backup_last_proof_timestamp_seconds: gauge("Unix time", owner, "When a backup was last proven by a restore"),
  berth_backup_late: gauge("1 or 0", owner, "Whether the backup that was due is not there"),
  berth_backup_failed: gauge("1 or 0", owner, "Whether the last backup came to nothing or is lost"),

  berth_certificate_expiry_timestamp_seconds: gauge(
    "Unix time",
    ["certificate", "node"],
    "When a certificate ends: an agent's, the controller's own (server) or that of its authority",
  ),
} as const;

export type SeriesName = keyof typeof definitions;
export type LabelsOf<Name extends SeriesName> = Record<(typeof definitions)[Name]["labels"][number], string>;

/** What becomes of each column of a node's sample. */
export const nodeSeries = {
  cpuCores: "berth_node_cpu_cores",
  memoryBytes: "berth_node_memory_bytes",
  memoryLimitBytes: "berth_node_memory_limit_bytes",
  swapBytes: "berth_node_swap_bytes",
  networkReceiveBytesPerSecond: "berth_node_network_receive_bytes_per_second",
  networkTransmitBytesPerSecond: "berth_node_network_transmit_bytes_per_second",
  diskReadBytesPerSecond: "berth_node_disk_read_bytes_per_second",
  diskWriteBytesPerSecond: "berth_node_disk_write_bytes_per_second",
  diskUsedBytes: "berth_node_disk_used_bytes",
  diskSizeBytes: "berth_node_disk_size_bytes",
  cpuPressure: "berth_node_cpu_pressure_ratio",
  memoryPressure: "berth_node_memory_pressure_ratio",
  ioPressure: "berth_node_io_pressure_ratio",
  loadAverage: "berth_node_load_average",
} as const satisfies Record<NodeColumn, SeriesName>;

/** And of a container's. */
export const containerSeries = {
  cpuCores: "berth_container_cpu_cores",
  memoryBytes: "berth_container_memory_bytes",
  memoryLimitBytes: "berth_container_memory_limit_bytes",
  networkReceiveBytesPerSecond: "berth_container_network_receive_bytes_per_second",
  networkTransmitBytesPerSecond: "berth_container_network_transmit_bytes_per_second",
  diskReadBytesPerSecond: "berth_container_disk_read_bytes_per_second",
  diskWriteBytesPerSecond: "berth_container_disk_write_bytes_per_second",
  processes: "berth_container_processes",
  cpuThrottled: "berth_container_cpu_throttled_cores",
} as const satisfies Record<ContainerColumn, SeriesName>;

function gauge<const Labels extends readonly string[]>(unit: string, labels: Labels, help: string) {
  return { type: "gauge", unit, labels, help } as const;
}

function counter<const Labels extends readonly string[]>(unit: string, labels: Labels, help: string) {
  return { type: "counter", unit, labels, help } as const;
}
