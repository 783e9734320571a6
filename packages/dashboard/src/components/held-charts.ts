/** What the history's charts show of what stores and disks held. Pure. */
import { fileSystemColumns, heldColumns, rowsColumn } from "@berth/shared/metrics/holdings";
import { shortVolumeName } from "../format/volume-name.ts";
import type { HistoryRequest } from "../samples/use-history.ts";
import type { HistorySpec } from "./history-charts.tsx";

/** Each thing that is held for a tenant. */
export function heldRequest(tenant: string): HistoryRequest {
  return { kind: "tenant", name: tenant, columns: [...heldColumns, rowsColumn], by: "container" };
}

export function heldSpecs(request: number, bucketQuota: number | undefined): HistorySpec[] {
  const each = (title: string, unit: HistorySpec["unit"], column: string): HistorySpec => {
    return { title, unit, request, curves: [{ column }], whenAny: true };
  };
  return [
    each("Databases", "bytes", "databaseBytes"),
    each("Rows in databases", "count", rowsColumn),
    { ...each("Buckets", "bytes", "bucketBytes"), limit: bucketQuota },
    each("Objects in buckets", "count", "objects"),
    each("Points in collections", "count", "points"),
    volumesSpec("Volumes", request),
  ];
}

/** Of a node all file systems, and those volumes alone that are named. */
export function diskRequests(node: string, volumes: readonly string[]): HistoryRequest[] {
  return [
    { kind: "node", name: node, columns: fileSystemColumns, by: "container" },
    ...(volumes.length === 0 ? [] : [{ ...volumesRequest("node", node), only: volumes }]),
  ];
}

export function diskSpecs(request: number): HistorySpec[] {
  const used = [{ column: "fileSystemUsedBytes", label: "used" }];
  return [
    // One chart for each: they have limits of their own.
    { title: "Disk", unit: "bytes", request, curves: used, limit: "fileSystemSizeBytes", whenAny: true, isEach: true },
    volumesSpec("Largest volumes", request + 1),
  ];
}

export function volumesRequest(kind: "node" | "instance", name: string): HistoryRequest {
  return { kind, name, columns: ["volumeBytes"], by: "container" };
}

export function volumesSpec(title: string, request: number): HistorySpec {
  const curves = [{ column: "volumeBytes", label: shortVolumeName }];
  return { title, unit: "bytes", request, curves, whenAny: true };
}
