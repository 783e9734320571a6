/** Samples for tests. */
import type { LiveSamples } from "@berth/shared/api/live";
import { containerColumns, nodeColumns } from "@berth/shared/metrics/samples";

export const start = Date.parse("2026-11-24T12:00:00Z");

/** A second of a node with one container: its CPU is `value`, every other column ten times that. */
export function second(at: number, value: number, { node = "user1", container = "user1-n8n" } = {}): LiveSamples {
  const row = (columns: readonly string[]) => columns.map((_, index) => (index === 0 ? value : value * 10));
  return {
    node,
    containers: [{ name: container, instance: container }],
    frames: [{ at, node: row(nodeColumns), containers: [row(containerColumns)] }],
  };
}
