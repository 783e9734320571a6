/** The stand-in's past: the same functions of the time as its samples, with a gap in the small hours of each day. */
import type { NodeDisks } from "@berth/shared/api/disks";
import type { LiveSamples } from "@berth/shared/api/live";
import type { InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import { namesOf, type HistoryCurve, historyQuerySchema, type MetricsHistoryAnswer } from "@berth/shared/api/metrics";
import type { HistoryStatus } from "@berth/shared/metrics/history";
import { containerColumns, nodeColumns } from "@berth/shared/metrics/samples";
import type { Usage } from "@berth/shared/api/usage";
import { holdingStepSeconds, isHoldingColumn, isRowsColumn, rowsColumn } from "@berth/shared/metrics/holdings";
import { BerthError } from "@berth/shared/errors";
import { heldAt, type HeldThing, heldThings, thingsOnDisks } from "./held-history.ts";
import { samplesOf } from "./samples.ts";

/** Seconds of each step that are looked at. */
const looks = 5;
const gapHour = 3;

export function historyStatus(now: number): HistoryStatus {
  const since = (days: number) => new Date(now - days * 86_400_000).toISOString();
  return {
    ...{ bytes: 48 * 1024 ** 2, maxBytes: 2 * 1024 ** 3, problem: null, setAside: null },
    resolutions: [
      { seconds: 10, days: 1, since: since(1) },
      { seconds: 60, days: 14, since: since(14) },
      { seconds: 900, days: 396, since: since(120) },
    ],
  };
}

export function historyOf(
  url: URL,
  nodes: readonly NodeStatus[],
  instances: readonly InstanceStatus[],
  { usage, disks }: { usage: Usage; disks: readonly NodeDisks[] },
): unknown {
  const [, kind, name] = /^\/api\/history\/(node|instance|tenant)\/([^/]+)$/.exec(url.pathname) ?? [];
  const query = historyQuerySchema.parse(Object.fromEntries(url.searchParams));
  if ((kind !== "node" && kind !== "instance" && kind !== "tenant") || name === undefined) {
    throw new BerthError("not-found", "There is no such history");
  }
  const [from, to] = [Date.parse(query.from), Date.parse(query.to)];
  const columns = namesOf(query.columns);
  const resolutionSeconds = Math.max(resolutionOf(from), columns.some(isHoldingColumn) ? holdingStepSeconds : 0);
  const merge = Math.max(1, Math.ceil((to - from) / query.points / 1000 / resolutionSeconds));
  const stepSeconds = merge * resolutionSeconds;
  const start = Math.floor(from / 1000 / stepSeconds) * stepSeconds * 1000;
  const length = Math.ceil((to - start) / 1000 / stepSeconds);
  const series = new Map<string, Record<string, HistoryCurve>>();
  const held = (): HeldThing[] => {
    const tenantOf = (instance: string | null) => instances.find((one) => one.name === instance)?.tenant;
    switch (kind) {
      case "node":
        return thingsOnDisks(
          disks.filter((one) => one.node === name),
          { fileSystems: true, isWanted: () => true },
        );
      case "instance":
        return thingsOnDisks(disks, { fileSystems: false, isWanted: (instance) => instance === name });
      case "tenant":
        return [
          ...heldThings(name, usage),
          ...thingsOnDisks(disks, { fileSystems: false, isWanted: (instance) => tenantOf(instance) === name }),
        ];
    }
  };
  const groups = [
    ...groupsOf({ kind, name, by: query.by }, nodes, instances).map((group) => ({
      ...group,
      columns: columns.filter((column) => !isHoldingColumn(column)),
    })),
    ...(query.by === "container" ? heldGroups(held(), columns) : []),
  ]
    .filter((group) => group.columns.length > 0)
    .filter(({ label }) => query.only === undefined || namesOf(query.only).includes(label));
  for (const { label, columns: own } of groups) {
    series.set(label, Object.fromEntries(own.map((column) => [column, { average: [], maximum: [] }])));
  }
  for (let step = 0; step < length; step += 1) {
    const at = start + step * stepSeconds * 1000;
    const isGap = new Date(at).getUTCHours() === gapHour;
    const values = new Map<string, number[]>();
    for (const { label, columns: own, read } of isGap ? [] : groups) {
      for (const column of own) {
        const known = values.get(`${label} ${column}`) ?? Array.from({ length: looks }, () => 0);
        const spacing = (stepSeconds * 1000) / looks;
        values.set(
          `${label} ${column}`,
          known.map((value, look) => value + read(column, at + look * spacing)),
        );
      }
    }
    for (const [label, curves] of series) {
      for (const [column, { average, maximum }] of Object.entries(curves)) {
        const seen = values.get(`${label} ${column}`);
        average.push(seen === undefined ? null : seen.reduce((sum, value) => sum + value, 0) / looks);
        maximum.push(seen === undefined ? null : Math.max(...seen));
      }
    }
  }
  const answer: MetricsHistoryAnswer = {
    ...{ kind, name, stepSeconds, resolutionSeconds, length },
    from: new Date(start).toISOString(),
    series: [...series]
      .map(([label, curves]) => ({ name: label, columns: curves }))
      .toSorted((one, other) => one.name.localeCompare(other.name, "en")),
  };
  return answer;
}

/** As fine as that is kept: a little longer, for what was asked a moment ago. */
function resolutionOf(from: number): number {
  const age = (Date.now() - from - 60_000) / 86_400_000;
  const { resolutions } = historyStatus(Date.now());
  return (resolutions.find(({ days }) => age <= days) ?? resolutions.at(-1))?.seconds ?? 10;
}

function heldGroups(things: readonly HeldThing[], columns: readonly string[]): (Group & { columns: string[] })[] {
  const isAsked = (column: string) => columns.includes(isRowsColumn(column) ? rowsColumn : column);
  return things.map(({ name, values }, index) => ({
    label: name,
    columns: Object.keys(values).filter(isAsked),
    read: (column, at) => {
      const value = values[column] ?? 0;
      // Disks were as large before.
      return column === "fileSystemSizeBytes" ? value : heldAt(value, { at, now: Date.now(), days: 60 * (index + 1) });
    },
  }));
}

interface Group {
  label: string;
  read: (column: string, at: number) => number;
}

function groupsOf(
  { kind, name, by }: { kind: string; name: string; by: string },
  nodes: readonly NodeStatus[],
  instances: readonly InstanceStatus[],
): Group[] {
  const chosen = instances.filter((one) => (kind === "instance" ? one.name === name : one.tenant === name));
  const known = new Map<string, LiveSamples>();
  const frameOf = (node: NodeStatus, at: number) => {
    const whole = Math.round(at / 1000) * 1000;
    const samples = known.get(`${node.name} ${whole}`) ?? samplesOf(node, instances, whole, whole);
    known.set(`${node.name} ${whole}`, samples);
    return { frame: samples.frames[0], containers: samples.containers };
  };
  if (kind === "node") {
    return nodes
      .filter((node) => node.name === name)
      .map((node) => ({
        label: name,
        read: (column, at) => frameOf(node, at).frame?.node[nodeColumns.findIndex((one) => one === column)] ?? 0,
      }));
  }
  return chosen.flatMap((instance) =>
    instance.containers.map((container) => ({
      label: by === "container" ? container.name : name,
      read: (column: string, at: number) => {
        const node = nodes.find((one) => one.name === instance.node);
        if (node === undefined) return 0;
        const { frame, containers } = frameOf(node, at);
        const place = containers.findIndex((one) => one.name === container.name);
        return frame?.containers[place]?.[containerColumns.findIndex((one) => one === column)] ?? 0;
      },
    })),
  );
}
