import { describe, expect, test } from "vitest";
import { expose } from "./exposition.ts";
import type { Snapshot } from "./snapshot.ts";
import { seenAt, testSnapshot } from "./testing/snapshot.ts";

const time = Date.parse(seenAt) / 1000;
const n8n = 'node="user1",tenant="user1",service="n8n",instance="user1-n8n"';

async function exposed(snapshot: Snapshot): Promise<string> {
  return (await expose(snapshot)).write();
}

/** Its lines without HELP and TYPE. */
async function linesOf(...names: string[]): Promise<string[]> {
  const lines = (await exposed(testSnapshot())).split("\n");
  return lines.filter((line) => names.some((name) => line.startsWith(`${name}{`)));
}

test("a node's newest frame in base units, and what it is", async () => {
  expect(await linesOf("berth_node_cpu_cores", "berth_node_memory_bytes", "berth_node_clock_skew_seconds")).toEqual([
    'berth_node_clock_skew_seconds{node="user1"} 1.5',
    'berth_node_cpu_cores{node="user1"} 0.5',
    'berth_node_memory_bytes{node="user1"} 1000',
  ]);
  expect(await linesOf("berth_node_disk_used_bytes", "berth_node_disk_size_bytes")).toEqual([
    'berth_node_disk_used_bytes{node="user1"} 500',
    'berth_node_disk_size_bytes{node="user1"} 900',
  ]);
  expect(await linesOf("berth_node_info")).toContain(
    'berth_node_info{node="user1",address="10.0.6.11",agent_version="0.1.0",os="Debian \\"12\\"",kernel="6.1.0",' +
      'architecture="x64",docker_version="20.10.24"} 1',
  );
});

test("containers by instance; one that was not measured is left out, and one that is nobody's has no labels but its place", async () => {
  expect(await linesOf("berth_container_memory_bytes", "berth_container_processes")).toEqual([
    `berth_container_memory_bytes{${n8n},container="user1-n8n"} 300`,
    'berth_container_memory_bytes{node="user1",tenant="",service="",instance="",container="cadvisor"} 100',
    `berth_container_processes{${n8n},container="user1-n8n"} 7`,
    'berth_container_processes{node="user1",tenant="",service="",instance="",container="cadvisor"} 1',
  ]);
  expect(await linesOf("berth_container_restarts_total", "berth_container_start_time_seconds")).toEqual([
    `berth_container_start_time_seconds{${n8n},container="user1-n8n"} ${time}`,
    `berth_container_restarts_total{${n8n},container="user1-n8n"} 3`,
  ]);
});

test("when a node was started is told by the controller's clock", async () => {
  expect(await linesOf("berth_node_boot_time_seconds", "berth_node_load_average")).toEqual([
    'berth_node_load_average{node="user1"} 1.25',
    `berth_node_boot_time_seconds{node="user1"} ${time - 86_400}`,
  ]);
});

test("file systems and volumes of nodes that are there; what does not answer, or was never measured, is left out", async () => {
  const models = 'node="user1",mountpoint="/mnt/models",device="/dev/sdb",fstype="ext4"';
  expect(await linesOf("berth_node_filesystem_used_bytes", "berth_node_filesystem_size_bytes")).toEqual([
    `berth_node_filesystem_used_bytes{${models}} 600`,
    `berth_node_filesystem_size_bytes{${models}} 1000`,
  ]);
  expect(await linesOf("berth_volume_size_bytes", "berth_volume_measured_timestamp_seconds")).toEqual([
    `berth_volume_size_bytes{${n8n},volume="user1-n8n-data"} 70`,
    'berth_volume_size_bytes{node="user1",tenant="",service="",instance="",volume="moved"} 5',
    `berth_volume_measured_timestamp_seconds{${n8n},volume="user1-n8n-data"} ${time}`,
    `berth_volume_measured_timestamp_seconds{node="user1",tenant="",service="",instance="",volume="moved"} ${time}`,
  ]);
});

test("an instance's state as one series each", async () => {
  const states = (await linesOf("berth_instance_state")).filter((line) => line.includes("user1-flowise"));
  expect(states).toHaveLength(6);
  expect(states.filter((line) => line.endsWith(" 1"))).toEqual([
    'berth_instance_state{node="user1",tenant="user1",service="flowise",instance="user1-flowise",state="unhealthy"} 1',
  ]);
  expect(await linesOf("berth_instance_healthy", "berth_instance_drift")).toEqual([
    'berth_instance_healthy{node="user1",tenant="user1",service="flowise",instance="user1-flowise"} 0',
    `berth_instance_healthy{${n8n}} 1`,
    'berth_instance_drift{node="user1",tenant="user1",service="flowise",instance="user1-flowise"} 1',
    `berth_instance_drift{${n8n}} 0`,
  ]);
});

test("of a node that is away there is no value of now, though it sent some a moment ago", async () => {
  const lines = (await exposed(testSnapshot())).split("\n").filter((line) => line.includes('node="shared"'));
  const names = new Set(lines.map((line) => line.slice(0, line.indexOf("{"))));
  expect([...names].toSorted()).toEqual([
    "berth_instance_info",
    "berth_instance_state",
    "berth_node_info",
    "berth_node_last_seen_timestamp_seconds",
    "berth_node_up",
  ]);
  expect(lines).toContain('berth_node_up{node="shared"} 0');
  expect(lines.find((line) => line.includes('state="unknown"'))).toMatch(/tenant="shared",.* 1$/);
});

test("a node that is there and sends no samples is up, and that is all that is known", async () => {
  const lines = (await exposed(testSnapshot({ samples: [] }))).split("\n");
  expect(lines).toContain('berth_node_up{node="user1"} 1');
  expect(lines.filter((line) => line.startsWith("berth_node_memory_bytes{"))).toEqual([]);
  expect(lines.filter((line) => line.startsWith("berth_container_memory_bytes{"))).toEqual([]);
});

describe("what the controller remembers", () => {
  test("runs", async () => {
    expect(await linesOf("berth_runs", "berth_run_last_end_timestamp_seconds")).toEqual([
      'berth_runs{kind="apply",state="succeeded"} 2',
      'berth_runs{kind="upgrade",state="running"} 1',
      `berth_run_last_end_timestamp_seconds{kind="apply",state="succeeded"} ${time}`,
    ]);
  });

  test("backups; one that is not there has no time", async () => {
    expect(
      await linesOf("berth_backup_last_success_timestamp_seconds", "berth_backup_last_proof_timestamp_seconds"),
    ).toEqual([
      `berth_backup_last_success_timestamp_seconds{owner="user1"} ${time}`,
      `berth_backup_last_success_timestamp_seconds{owner="controller"} ${time}`,
      `berth_backup_last_proof_timestamp_seconds{owner="user1"} ${Date.parse("2026-11-23T00:00:00.000Z") / 1000}`,
    ]);
    expect(await linesOf("berth_backup_late", "berth_backup_failed")).toEqual([
      'berth_backup_late{owner="user1"} 0',
      'berth_backup_late{owner="shared-neo4j"} 1',
      'berth_backup_late{owner="controller"} 0',
      'berth_backup_failed{owner="user1"} 0',
      'berth_backup_failed{owner="shared-neo4j"} 1',
      'berth_backup_failed{owner="controller"} 0',
    ]);
    expect(await exposed(testSnapshot({ backups: null }))).not.toContain("berth_backup_late{");
  });

  test("certificates", async () => {
    expect(await linesOf("berth_certificate_expiry_timestamp_seconds")).toEqual([
      `berth_certificate_expiry_timestamp_seconds{certificate="agent",node="user1"} ${time}`,
      `berth_certificate_expiry_timestamp_seconds{certificate="server",node=""} ${time}`,
    ]);
  });
});

test("what stores hold, by tenant; what the object store has not counted yet has no size", async () => {
  expect(
    await linesOf("berth_database_size_bytes", "berth_database_connections", "berth_database_connection_limit"),
  ).toEqual([
    'berth_database_size_bytes{tenant="user1",instance="user1-n8n",database="user1_n8n"} 8192',
    'berth_database_size_bytes{tenant="shared",instance="shared-langfuse",database="shared_langfuse"} 4096',
    'berth_database_connections{tenant="user1",instance="user1-n8n",database="user1_n8n"} 3',
    'berth_database_connections{tenant="shared",instance="shared-langfuse",database="shared_langfuse"} 0',
    'berth_database_connection_limit{tenant="user1",instance="user1-n8n",database="user1_n8n"} 20',
  ]);
  expect(await linesOf("berth_collection_points", "berth_bucket_size_bytes", "berth_bucket_quota_bytes")).toEqual([
    'berth_collection_points{tenant="user1",instance="user1-flowise",collection="user1_flowise_vectors"} 7',
    'berth_bucket_size_bytes{tenant="user1",bucket="user1-uploads"} 100',
    'berth_bucket_quota_bytes{tenant="user1",bucket="user1-uploads"} 1000',
  ]);
  expect(await linesOf("berth_model_loaded_bytes")).toEqual([
    'berth_model_loaded_bytes{instance="shared-ollama",model="llama3.2:3b",memory="system"} 5',
    'berth_model_loaded_bytes{instance="shared-ollama",model="llama3.2:3b",memory="graphics"} 6',
  ]);
});
