/** Rows of `berth top`: samples by container, or added up by instance, tenant or node. Pure. */
import type { InstanceStatus } from "@berth/shared/api/status";
import { type Order, weightOf } from "@berth/shared/metrics/order";
import {
  type ContainerColumn,
  containerValue,
  type Frame,
  type NodeColumn,
  nodeValue,
} from "@berth/shared/metrics/samples";
import { groupBy } from "../render/operation.ts";
import type { Picture, Reading } from "./picture.ts";

export const groupings = ["container", "instance", "tenant", "node"] as const;
export type Grouping = (typeof groupings)[number];

/** Numbers are null where nothing was measured in the last seconds. */
export interface Row {
  name: string;
  /** null: of a container that is no instance's. */
  instance: string | null;
  service: string | null;
  /** null: shared, or of no instance. */
  tenant: string | null;
  /** null: on several. */
  node: string | null;
  state: string | null;
  cpuCores: number | null;
  memoryBytes: number | null;
  /** null: without a limit. */
  memoryLimitBytes: number | null;
  networkReceiveBytesPerSecond: number | null;
  networkTransmitBytesPerSecond: number | null;
  diskReadBytesPerSecond: number | null;
  diskWriteBytesPerSecond: number | null;
  processes: number | null;
}

export interface Selection {
  by: Grouping;
  sort: Order;
  tenant?: string | undefined;
  node?: string | undefined;
  /** Part of a row's name. */
  filter?: string | undefined;
}

/** The name that what no tenant has goes by. */
const shared = "shared";
/** Agents send a frame each second while somebody looks. */
const staleMilliseconds = 5000;

export function topRows(picture: Picture, selection: Selection, now: number): Row[] {
  const { by, sort, tenant, node, filter = "" } = selection;
  const wanted = (row: Row): boolean =>
    (tenant === undefined || (tenant === shared ? row.tenant === null : row.tenant === tenant)) &&
    (node === undefined || row.node === node);
  const containers = containerRows(picture, now).filter(wanted);
  const nodes = new Set(containers.map((row) => row.node));
  const rows =
    by === "node"
      ? nodeRows(picture, now).filter(({ name }) => (tenant === undefined && node === undefined) || nodes.has(name))
      : grouped(containers, by);
  const weight = (row: Row): number => (sort === "name" ? 0 : weightOf(sort, (column) => row[column]));
  return rows
    .filter((row) => row.name.includes(filter))
    .toSorted((one, other) => weight(other) - weight(one) || compareNames(one, other));
}

function compareNames(one: Row, other: Row): number {
  return one.name.localeCompare(other.name, "en");
}

/** Of each container that is sampled, and of each that an instance should have. */
function containerRows({ status, readings }: Picture, now: number): Row[] {
  const instances = new Map((status?.instances ?? []).map((instance) => [instance.name, instance]));
  const rows = [...readings].flatMap(([node, reading]) =>
    reading.containers.map(({ name, instance }, index) => {
      const measured = isFresh(reading, now) ? (reading.frame.containers[index] ?? null) : null;
      return containerRow(name, node, instances.get(instance), measured);
    }),
  );
  const sampled = new Set(rows.map(({ instance }) => instance));
  const others = [...instances.values()].filter(({ name }) => !sampled.has(name));
  return [...rows, ...others.map((instance) => containerRow(instance.name, instance.node, instance, null))];
}

function isFresh({ seenAt }: Reading, now: number): boolean {
  return now - seenAt < staleMilliseconds;
}

function containerRow(
  name: string,
  node: string,
  instance: InstanceStatus | undefined,
  measured: Frame["containers"][number],
): Row {
  const value = (column: ContainerColumn): number | null =>
    measured === null ? null : finite(containerValue(measured, column));
  return {
    name,
    instance: instance?.name ?? null,
    service: instance?.service ?? null,
    tenant: instance?.tenant ?? null,
    node,
    state: instance?.state ?? null,
    ...eachMeasure(value),
    processes: value("processes"),
  };
}

function nodeRows({ status, readings }: Picture, now: number): Row[] {
  return (status?.nodes ?? []).map(({ name, state }) => {
    const reading = readings.get(name);
    const measured = reading !== undefined && isFresh(reading, now) ? reading.frame : null;
    const value = (column: Measure): number | null =>
      measured === null ? null : finite(nodeValue(measured.node, column));
    const processes = measured?.containers.map((row) => (row === null ? null : containerValue(row, "processes")));
    return {
      ...{ name, instance: null, service: null, tenant: null, node: name, state },
      ...eachMeasure(value),
      processes: sum(processes ?? []),
    };
  });
}

function grouped(rows: readonly Row[], by: Exclude<Grouping, "node">): Row[] {
  if (by === "container") return [...rows];
  const key = (row: Row): string =>
    by === "instance" ? (row.instance ?? row.name) : (row.tenant ?? (row.instance === null ? row.name : shared));
  return [...groupBy(rows, key)].map(([name, members]) => added(name, members, by));
}

function added(name: string, members: readonly Row[], by: "instance" | "tenant"): Row {
  const total = (column: Measure | "processes"): number | null => sum(members.map((row) => row[column]));
  const same = <Value>(read: (row: Row) => Value): Value | null => {
    const values = new Set(members.map(read));
    return values.size === 1 ? ([...values][0] ?? null) : null;
  };
  return {
    name,
    instance: by === "instance" ? same(({ instance }) => instance) : null,
    service: by === "instance" ? same(({ service }) => service) : null,
    tenant: same(({ tenant }) => tenant),
    node: same(({ node }) => node),
    state: by === "instance" ? same(({ state }) => state) : null,
    ...eachMeasure(total),
    // With one container that has none, the sum is no limit.
    ...(members.some(({ memoryLimitBytes }) => memoryLimitBytes === null) ? { memoryLimitBytes: null } : {}),
    processes: total("processes"),
  };
}

/** What nodes and containers have alike. */
type Measure = Extract<NodeColumn & ContainerColumn, keyof Row>;

function eachMeasure(value: (column: Measure) => number | null): Pick<Row, Measure> {
  return {
    cpuCores: value("cpuCores"),
    memoryBytes: value("memoryBytes"),
    memoryLimitBytes: value("memoryLimitBytes") || null,
    networkReceiveBytesPerSecond: value("networkReceiveBytesPerSecond"),
    networkTransmitBytesPerSecond: value("networkTransmitBytesPerSecond"),
    diskReadBytesPerSecond: value("diskReadBytesPerSecond"),
    diskWriteBytesPerSecond: value("diskWriteBytesPerSecond"),
  };
}

/** Of what was measured; null when nothing was. */
function sum(values: readonly (number | null)[]): number | null {
  const measured = values.filter((value) => value !== null);
  return measured.length === 0 ? null : measured.reduce((total, value) => total + value, 0);
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
