/** Versions that a plan changes, of services whose data know no way back: which may be, and what is to be known. Pure. */
import type { Catalog, Service } from "@berth/shared/catalog/schema";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import { compareVersions } from "@berth/shared/catalog/versions";
import { placements } from "@berth/shared/fleet/instances";
import type { Problem } from "@berth/shared/fleet/problem";
import { inOrder } from "@berth/shared/fleet/read-yaml";
import { FleetSource } from "@berth/shared/fleet/source";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { Move } from "../plan/moves.ts";
import { type Observed, unseenNode } from "../plan/observed.ts";
import { judgeVersion, skippedMinor } from "../upgrades/rules.ts";
import { type PlannedFleet, versionPlace } from "./check-images.ts";
import { FleetInvalid } from "./fleet-invalid.ts";

export interface VersionMove {
  instance: string;
  service: string;
  /** What runs. */
  from: string;
  to: string;
  spec: InstanceSpec;
  /** undefined: it is not on record what the instance was made of. */
  former: InstanceSpec | undefined;
}

/** One that can go back. */
export type RecordedMove = VersionMove & Move;

export function isRecorded(move: VersionMove): move is RecordedMove {
  return move.former !== undefined;
}

/** `catalog`: of the fleet, own services included. */
export function versionMoves(
  operations: readonly PlannedOperation[],
  { nodes, specifications }: Pick<Observed, "nodes" | "specifications">,
  catalog: Catalog,
): VersionMove[] {
  return operations.flatMap((operation) => {
    if (operation.kind !== "instance.ensure" || operation.change !== "update") return [];
    const { instance, service, node, version: to } = operation.input;
    const { instances } = nodes.get(node) ?? unseenNode;
    const runs = instances === "unseen" ? undefined : instances.get(instance);
    if (runs === undefined || runs.version === to || catalog.get(service)?.upgrade.oneWay !== true) return [];
    const former = specifications.get(runs.hash);
    return [{ instance, service, from: runs.version, to, spec: operation.input, former }];
  });
}

/** What is to be known of each service and step before. */
export function versionWarnings(
  moves: readonly VersionMove[],
  { catalog, keepsBackups }: { catalog: Catalog; keepsBackups: boolean },
): string[] {
  return [...Map.groupBy(moves, ({ service, from, to }) => `${service} ${from} ${to}`).values()].flatMap((same) => {
    const [{ service: name, from, to } = { service: "", from: "", to: "" }] = same;
    const service = catalog.get(name);
    if (service === undefined || isBackwards({ from, to })) return [];
    const bare = same.filter((move) => !isRecorded(move)).map(({ instance }) => instance);
    return [
      ...(keepsBackups ? [`no backup is made first: \`berth upgrade ${name} --to ${to}\` makes one`] : []),
      ...judgeVersion({ service, from, to }, { acceptMajor: true }),
      ...(bare.length === 0 ? [] : [bareText(bare, to)]),
    ];
  });
}

function bareText(instances: readonly string[], to: string): string {
  const who = instances.join(", ");
  const what = `what ${shortDigests(to)} migrates stays migrated should it fail`;
  return `${who}: what runs is not on record, so nothing is copied, and ${what}`;
}

/** Throws FleetInvalid, at the places of older versions (unless accepted), and of those that others have to come before. */
export function refuseSteps(
  moves: readonly VersionMove[],
  { fleet, text, file }: Pick<PlannedFleet, "fleet" | "text" | "file">,
  { builtIn, catalog, acceptDowngrade }: { builtIn: Catalog; catalog: Catalog; acceptDowngrade: boolean },
): void {
  const placed = new Map(placements(fleet, builtIn).map((placement) => [placement.instance, placement]));
  const source = new FleetSource(text, file);
  const refused = moves.flatMap((move) => {
    const reason = isBackwards(move) ? (acceptDowngrade ? null : downgradeText(move)) : skipText(move, catalog);
    return reason === null ? [] : [{ move, reason }];
  });
  const problems = refused.flatMap(({ move: { instance, from }, reason }): Problem[] => {
    const placement = placed.get(instance);
    if (placement === undefined) return [];
    const { path, at, remark } = versionPlace(fleet, placement, instance, builtIn);
    return [source.problem(path, shortDigests(`${instance} runs ${from}, and ${reason}${remark}`), at)];
  });
  if (problems.length === 0) return;
  throw new FleetInvalid(inOrder(problems), refused.some(({ move }) => isBackwards(move)) ? backHint : stepHint);
}

const stepHint = "Nothing was changed. Ask for the version that comes first, apply, and go on from there";
const backHint =
  "Nothing was changed. Keep the version that runs: `berth fleet export` shows how it is written. " +
  "`berth restore` brings back what an older version had written; --accept-downgrade does without";

function downgradeText({ to }: VersionMove): string {
  return `${to} may not read what that has written`;
}

function skipText({ service: name, from, to }: VersionMove, catalog: Catalog): string | null {
  const service: Service | undefined = catalog.get(name);
  const next = service === undefined ? null : skippedMinor({ service, from, to });
  return next === null ? null : `${service?.title} passes through every minor version: ${next} comes before ${to}`;
}

function isBackwards({ from, to }: Pick<VersionMove, "from" | "to">): boolean {
  return (compareVersions(to, from) ?? 0) < 0;
}
