/** Samples of the stand-in's fleet: functions of the time, so that past and present join without a seam. */
import type { LiveSamples } from "@berth/shared/api/live";
import type { InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import { gib, loadOf, mib } from "./fleet.ts";

/** Frames of one node for every second from `from` to `to`, in milliseconds. */
export function samplesOf(
  node: NodeStatus,
  instances: readonly InstanceStatus[],
  from: number,
  to: number,
): LiveSamples {
  const containers = instances
    .filter((instance) => instance.node === node.name)
    .flatMap((instance) =>
      instance.containers.map((container) => ({ name: container.name, instance: instance.name, of: instance })),
    );
  const frames: LiveSamples["frames"] = [];
  for (let at = Math.ceil(from / 1000) * 1000; at <= to; at += 1000) {
    const rows = containers.map(({ name, of }) => containerRow(name, of, at));
    frames.push({ at, node: nodeRow(node, rows, at), containers: rows });
  }
  return { node: node.name, containers: containers.map(({ name, instance }) => ({ name, instance })), frames };
}

function containerRow(name: string, instance: InstanceStatus, at: number): number[] {
  const load = loadOf(instance.service);
  const busy = Math.max(0, wave(name, at) + 0.5 * noise(name, at) + spike(name, at));
  const cores = load.cores * busy;
  const memory = load.memory * (0.92 + 0.1 * wave(`${name}memory`, at / 6) + 0.01 * noise(name, at));
  const received = 40_000 * busy * load.cores * 10;
  return [
    cores,
    Math.round(memory),
    load.limit,
    received,
    received * 0.6,
    noise(`${name}read`, at) > 0.9 ? 300_000 : 0,
    120_000 * busy * load.cores,
    11,
  ];
}

function nodeRow(node: NodeStatus, containers: number[][], at: number): number[] {
  const sum = (column: number) => containers.reduce((total, row) => total + (row[column] ?? 0), 0);
  const memoryLimit = node.facts?.memoryBytes ?? gib;
  const size = (node.vmid === 110 ? 100 : 20) * gib;
  return [
    sum(0) + 0.05 + 0.03 * noise(node.name, at),
    sum(1) + 240 * mib,
    memoryLimit,
    0,
    sum(3),
    sum(4),
    sum(5),
    sum(6),
    0.38 * size,
    size,
    // Nothing waits, and an LXC has no load of its own.
    ...[0, 0, 0, 0],
  ];
}

/** About 1 on average, rising and falling over a few minutes. */
function wave(name: string, at: number): number {
  const phase = hash(name) % 1000;
  return 0.8 + 0.35 * Math.sin(at / 47_000 + phase) + 0.2 * Math.sin(at / 11_000 + phase * 2);
}

/** 0 to 1, another for each second. */
function noise(name: string, at: number): number {
  return (hash(`${name}${Math.floor(at / 1000)}`) % 10_000) / 10_000;
}

/** A burst of work now and then. */
function spike(name: string, at: number): number {
  return noise(`${name}burst`, Math.floor(at / 8000) * 1000) > 0.93 ? 2.5 : 0;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}
