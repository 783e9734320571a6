/** A snapshot as series. Pure, but that it lets others have their turn. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { NodeDisks } from "@berth/shared/api/disks";
import type { LiveSamples } from "@berth/shared/api/live";
import { bootedAtOf, type InstanceStatus, type NodeStatus } from "@berth/shared/api/status";
import { containerColumns, containerValue, nodeColumns, nodeValue, type Frame } from "@berth/shared/metrics/samples";
import { sharedScope } from "@berth/shared/names";
import { instanceStateSchema } from "@berth/shared/protocol/state";
import { controllerOwner } from "../recovery/store.ts";
import { containerSeries, nodeSeries, type LabelsOf } from "./definitions.ts";
import { createSeries, type Series } from "./series.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StoreUsage } from "../usage/usage.ts";

type InstanceLabels = LabelsOf<"berth_instance_healthy">;

/** What was measured or seen on a node counts while the node is online, and not afterwards. */
export async function expose(snapshot: Snapshot): Promise<Series> {
  const { version, status, samples, runs, certificates } = snapshot;
  const series = createSeries();
  const online = new Set(status.nodes.filter(({ state }) => state === "online").map(({ name }) => name));
  series.set("berth_build_info", { version }, 1);
  for (const node of status.nodes) exposeNode(series, node);
  for (const instance of status.instances) exposeInstance(series, instance, online.has(instance.node));
  const instances = new Map(status.instances.map((instance) => [placeOf(instance.node, instance.name), instance]));
  for (const ofNode of samples) {
    if (online.has(ofNode.node)) exposeSamples(series, ofNode, instances);
    await nextTurn();
  }
  for (const ofNode of snapshot.disks) if (online.has(ofNode.node)) exposeDisks(series, ofNode, instances);
  for (const { kind, state, count, lastEndedAt } of runs) {
    series.set("berth_runs", { kind, state }, count);
    series.set("berth_run_last_end_timestamp_seconds", { kind, state }, unixTime(lastEndedAt));
  }
  exposeBackups(series, snapshot.backups);
  if (snapshot.usage !== null) exposeUsage(series, snapshot.usage);
  for (const { certificate, node, notAfter } of certificates) {
    series.set("berth_certificate_expiry_timestamp_seconds", { certificate, node: node ?? "" }, notAfter / 1000);
  }
  return series;
}

function exposeNode(series: Series, node: NodeStatus): void {
  const { name, address, agentVersion, facts, clockSkewMilliseconds } = node;
  const labels = { node: name };
  const isOnline = node.state === "online";
  series.set("berth_node_up", labels, Number(isOnline));
  const info = {
    agent_version: agentVersion ?? "",
    os: facts?.os ?? "",
    kernel: facts?.kernel ?? "",
    architecture: facts?.architecture ?? "",
    docker_version: facts?.dockerVersion ?? "",
  };
  series.set("berth_node_info", { ...labels, address, ...info }, 1);
  series.set("berth_node_last_seen_timestamp_seconds", labels, unixTime(node.lastSeen));
  if (!isOnline) return;
  series.set(
    "berth_node_clock_skew_seconds",
    labels,
    clockSkewMilliseconds === null ? null : clockSkewMilliseconds / 1000,
  );
  series.set("berth_node_cpu_limit_cores", labels, facts?.cores ?? null);
  const bootedAt = bootedAtOf(node);
  series.set("berth_node_boot_time_seconds", labels, bootedAt === null ? null : bootedAt / 1000);
}

function exposeInstance(series: Series, instance: InstanceStatus, isOnline: boolean): void {
  const labels = labelsOf(instance);
  series.set("berth_instance_info", { ...labels, version: instance.version }, 1);
  for (const state of instanceStateSchema.options) {
    series.set("berth_instance_state", { ...labels, state }, Number(instance.state === state));
  }
  if (!isOnline) return;
  const isKnown = instance.state !== "unknown";
  series.set("berth_instance_healthy", labels, isKnown ? Number(instance.state === "healthy") : null);
  series.set("berth_instance_drift", labels, instance.drift.length);
  for (const { name, image, startedAt, restarts } of instance.containers) {
    const ofContainer = { ...labels, container: name };
    series.set("berth_container_info", { ...ofContainer, image }, 1);
    series.set("berth_container_start_time_seconds", ofContainer, unixTime(startedAt));
    series.set("berth_container_restarts_total", ofContainer, restarts);
  }
}

/** The newest frame alone: Prometheus keeps the past itself. */
function exposeSamples(
  series: Series,
  { node, containers, frames }: LiveSamples,
  instances: ReadonlyMap<string, InstanceStatus>,
): void {
  const newest = frames.at(-1);
  if (newest === undefined) return;
  for (const column of nodeColumns) {
    // A file system that tells no size tells nothing else either.
    const isUnknown = column.startsWith("disk") && column.endsWith("Bytes") && isWithoutDisk(newest);
    series.set(nodeSeries[column], { node }, isUnknown ? null : nodeValue(newest.node, column));
  }
  for (const [index, { name, instance }] of containers.entries()) {
    const row = newest.containers[index] ?? null;
    if (row === null) continue;
    const labels = { ...labelsOfContainer(node, instances.get(placeOf(node, instance))), container: name };
    for (const column of containerColumns) series.set(containerSeries[column], labels, containerValue(row, column));
  }
}

/** One that does not answer has no value, and one that nobody can write to is as full as it is meant to be. */
function exposeDisks(
  series: Series,
  { node, fileSystems, volumes }: NodeDisks,
  instances: ReadonlyMap<string, InstanceStatus>,
): void {
  for (const { mountpoint, device, type, readOnly, usedBytes, sizeBytes } of fileSystems) {
    if (readOnly) continue;
    const labels = { node, mountpoint, device, fstype: type };
    series.set("berth_node_filesystem_used_bytes", labels, usedBytes);
    series.set("berth_node_filesystem_size_bytes", labels, sizeBytes);
  }
  for (const { name, instance, bytes, measuredAt } of volumes) {
    const of = instance === null ? undefined : instances.get(placeOf(node, instance));
    const labels = { ...labelsOfContainer(node, of), volume: name };
    series.set("berth_volume_size_bytes", labels, bytes);
    series.set("berth_volume_measured_timestamp_seconds", labels, unixTime(measuredAt));
  }
}

function isWithoutDisk({ node }: Frame): boolean {
  return nodeValue(node, "diskSizeBytes") <= 0;
}

function exposeBackups(series: Series, backups: Snapshot["backups"]): void {
  if (backups === null) return;
  for (const { owner, newest, failed, lateSince, provenAt } of backups.backups) {
    exposeOwner(series, owner, { newest, failed, lateSince });
    series.set("berth_backup_last_proof_timestamp_seconds", { owner }, unixTime(provenAt));
  }
  exposeOwner(series, controllerOwner, backups.controllerBackup);
}

function exposeUsage(series: Series, { databases, collections, buckets, models }: StoreUsage): void {
  for (const { tenant, instance, database, bytes, connections, connectionLimit, counts } of databases) {
    const labels = { tenant: tenant ?? sharedScope, instance, database };
    series.set("berth_database_size_bytes", labels, bytes);
    series.set("berth_database_connections", labels, connections);
    series.set("berth_database_connection_limit", labels, connectionLimit);
    for (const [what, count] of Object.entries(counts)) series.set("berth_database_rows", { ...labels, what }, count);
  }
  for (const { tenant, instance, collection, points } of collections) {
    series.set("berth_collection_points", { tenant: tenant ?? sharedScope, instance, collection }, points);
  }
  for (const { tenant, bucket, bytes, objects, quotaBytes, countedAt } of buckets) {
    const labels = { tenant: tenant ?? sharedScope, bucket };
    series.set("berth_bucket_quota_bytes", labels, quotaBytes);
    if (countedAt === null) continue;
    series.set("berth_bucket_size_bytes", labels, bytes);
    series.set("berth_bucket_objects", labels, objects);
  }
  for (const { server, model, memoryBytes, graphicsMemoryBytes } of models) {
    const labels = { instance: server, model };
    series.set("berth_model_loaded_bytes", { ...labels, memory: "system" }, memoryBytes);
    series.set("berth_model_loaded_bytes", { ...labels, memory: "graphics" }, graphicsMemoryBytes);
  }
}

interface Standing {
  newest: { createdAt: string; bytes: number | null } | null;
  failed: object | null;
  lateSince: string | null;
}

function exposeOwner(series: Series, owner: string, { newest, failed, lateSince }: Standing): void {
  series.set("berth_backup_last_success_timestamp_seconds", { owner }, unixTime(newest?.createdAt ?? null));
  series.set("berth_backup_last_success_bytes", { owner }, newest?.bytes ?? null);
  series.set("berth_backup_late", { owner }, Number(lateSince !== null));
  series.set("berth_backup_failed", { owner }, Number(failed !== null));
}

/** No tenant is named `shared`. */
function labelsOf({ node, tenant, service, name }: InstanceStatus): InstanceLabels {
  return { node, tenant: tenant ?? sharedScope, service, instance: name };
}

/** A container that is no instance's has a node and a name alone: Prometheus takes an empty label for none. */
function labelsOfContainer(node: string, instance: InstanceStatus | undefined): InstanceLabels {
  return instance === undefined ? { node, tenant: "", service: "", instance: "" } : labelsOf(instance);
}

/** An instance that has moved may still have containers on its former node. */
function placeOf(node: string, instance: string): string {
  return `${node}/${instance}`;
}

function unixTime(at: string | null): number | null {
  return at === null ? null : Date.parse(at) / 1000;
}
