/** Versions that a plan changes by exchanging containers alone, of services whose data know no way back. Pure. */
import type { Catalog } from "@berth/shared/catalog/schema";
import { compareVersions } from "@berth/shared/catalog/versions";
import { placements } from "@berth/shared/fleet/instances";
import type { Problem } from "@berth/shared/fleet/problem";
import { inOrder } from "@berth/shared/fleet/read-yaml";
import { FleetSource } from "@berth/shared/fleet/source";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { type Observed, unseenNode } from "../plan/observed.ts";
import { type PlannedFleet, versionPlace } from "./check-images.ts";
import { FleetInvalid } from "./fleet-invalid.ts";

export interface VersionMove {
  instance: string;
  service: string;
  /** What runs. */
  from: string;
  to: string;
}

/** `catalog`: of the fleet, own services included. */
export function versionMoves(
  operations: readonly PlannedOperation[],
  { nodes }: Pick<Observed, "nodes">,
  catalog: Catalog,
): VersionMove[] {
  return operations.flatMap((operation) => {
    if (operation.kind !== "instance.ensure" || operation.change !== "update") return [];
    const { instance, service, node, version: to } = operation.input;
    const { instances } = nodes.get(node) ?? unseenNode;
    const from = instances === "unseen" ? undefined : instances.get(instance)?.version;
    if (from === undefined || from === to || catalog.get(service)?.upgrade.oneWay !== true) return [];
    return [{ instance, service, from, to }];
  });
}

/** A sentence for each service and step; going back is refused and not warned of. */
export function versionWarnings(moves: readonly VersionMove[]): string[] {
  const forward = moves.filter((move) => !isBackwards(move));
  return [...Map.groupBy(forward, ({ service, from, to }) => `${service} ${from} ${to}`).values()].map((same) => {
    const [{ service, from, to } = { service: "", from: "", to: "" }] = same;
    const who = same.map(({ instance }) => instance).join(", ");
    const what = `${who}: ${from} -> ${to} exchanges the containers, and what ${to} migrates stays migrated should it fail`;
    return `${what}; \`berth upgrade ${service} --to ${to}\` copies the data first and goes back to them`;
  });
}

/** Throws FleetInvalid, at the places of the older versions. */
export function refuseDowngrades(
  moves: readonly VersionMove[],
  { fleet, text, file }: Pick<PlannedFleet, "fleet" | "text" | "file">,
  builtIn: Catalog,
): void {
  const placed = new Map(placements(fleet, builtIn).map((placement) => [placement.instance, placement]));
  const source = new FleetSource(text, file);
  const problems = moves.filter(isBackwards).flatMap(({ instance, from, to }): Problem[] => {
    const placement = placed.get(instance);
    if (placement === undefined) return [];
    const { path, at, remark } = versionPlace(fleet, placement, instance, builtIn);
    const message = `${instance} runs ${from}, and ${to} may not read what that has written${remark}`;
    return [source.problem(path, message, at)];
  });
  if (problems.length === 0) return;
  throw new FleetInvalid(
    inOrder(problems),
    "Nothing was changed. Keep the version that runs: `berth fleet export` shows how it is written. " +
      "`berth restore` brings back what an older version had written; --accept-downgrade does without",
  );
}

function isBackwards({ from, to }: VersionMove): boolean {
  return (compareVersions(to, from) ?? 0) < 0;
}
