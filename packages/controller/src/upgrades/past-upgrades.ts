/** What became of upgrades, out of the rows of their instances. Pure. */
import type { Upgrade } from "@berth/shared/api/upgrades";
import type { UpgradeInstance } from "../inventory/upgrades.ts";
import type { FormerFailure } from "./rules.ts";

/** The newest first. */
export function toUpgrades(rows: readonly UpgradeInstance[], limit: number): Upgrade[] {
  return [...Map.groupBy(rows, ({ upgrade }) => upgrade)]
    .flatMap(([id, group]) => {
      const moves = group.toSorted((one, other) => one.startedAt.localeCompare(other.startedAt));
      const [first] = moves;
      if (first === undefined) return [];
      const { service, toVersion: version, startedAt } = first;
      return [{ id, service, version, startedAt, instances: moves.map(toMove) }];
    })
    .toSorted((one, other) => other.startedAt.localeCompare(one.startedAt))
    .slice(0, limit);
}

function toMove(row: UpgradeInstance): Upgrade["instances"][number] {
  const { instance, fromVersion: from, toVersion: to, outcome, reason, startedAt, endedAt, gapMilliseconds } = row;
  return { instance, from, to, outcome, reason, startedAt, endedAt, gapMilliseconds };
}

/** Instances that went back from the version and have not come to it since, each once. */
export function failuresOf(rows: readonly UpgradeInstance[], service: string, version: string): FormerFailure[] {
  const concerned = rows.filter((row) => row.service === service && row.toVersion === version && row.outcome !== null);
  return [...Map.groupBy(concerned, ({ instance }) => instance).values()].flatMap((group) => {
    const last = group.toSorted((one, other) => one.startedAt.localeCompare(other.startedAt)).at(-1);
    if (last?.outcome !== "went-back") return [];
    return [{ instance: last.instance, at: last.endedAt ?? last.startedAt, reason: last.reason }];
  });
}
