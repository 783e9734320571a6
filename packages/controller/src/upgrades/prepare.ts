/** What an upgrade comes to: everything that can be known before anything is stopped. */
import type { Backup } from "@berth/shared/api/backups";
import type { UpgradeRequest } from "@berth/shared/api/upgrades";
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import type { Placement } from "@berth/shared/fleet/instances";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import type { UpgradeInstance } from "../inventory/upgrades.ts";
import { observeFleet, type ObservationSources } from "../observation/observe.ts";
import type { Desired } from "../plan/desired.ts";
import type { Move } from "../plan/moves.ts";
import type { Observed } from "../plan/observed.ts";
import type { FleetPlan } from "../plan/plan.ts";
import type { ImageAnswer } from "../registry/image-lookup.ts";
import { type ChosenInstances, chooseInstances, instancesNamed, instancesOf } from "./choose-instances.ts";
import { judgeDiskSpace } from "./disk-space.ts";
import { judgeImages } from "./judge-images.ts";
import { failuresOf } from "./past-upgrades.ts";
import { planUpgrade } from "./plan-upgrade.ts";
import { judgeFailures, judgeVersion } from "./rules.ts";
import { withVersion } from "./with-version.ts";

export interface PrepareDependencies {
  catalogOf: (fleet: Fleet) => Catalog;
  desired: (fleet: Fleet) => Desired;
  sources: (fleet: Fleet) => ObservationSources;
  lookUpImages: (images: readonly string[], fleet: Fleet) => Promise<ReadonlyMap<string, ImageAnswer>>;
  /** Backups and checks that come first; makes the secrets that they refer to unless it is a dry run. */
  beforeUpgrade: (instances: readonly string[], options: { dryRun: boolean }) => Promise<readonly PlannedOperation[]>;
  past: () => Promise<readonly UpgradeInstance[]>;
  backups: () => Promise<readonly Backup[]>;
  /** Free bytes of a node's disk; null: nothing was measured lately. */
  freeDisk: (node: string) => number | null;
  /** Id of an upgrade of the service that begins now. */
  newId: (service: string) => string;
}

export interface PrepareOptions {
  fleet: Fleet;
  dryRun: boolean;
}

/** Without operations: nothing is to be done, and the warnings say why. Throws what stands in the way. */
export async function prepareUpgrade(
  request: UpgradeRequest,
  { fleet, dryRun }: PrepareOptions,
  dependencies: PrepareDependencies,
): Promise<FleetPlan> {
  const { version } = request;
  const catalog = dependencies.catalogOf(fleet);
  const all = instancesOf(request.service, fleet, catalog);
  const observed = await observeNodes(all, fleet, dependencies);
  const chosen = chooseInstances(request, all, { fleet, observed });
  const [first] = chosen.moved;
  if (first === undefined) return { operations: [], warnings: chosen.notes };
  const { service } = first;
  const past = await dependencies.past();
  const warnings = [
    ...chosen.notes,
    ...judgeVersions(chosen, request),
    ...(request.onFailure === "rollback-all" ? [rollbackText] : []),
    ...judgeFailures(failuresOf(past, service.name, version), version, request.retry),
  ];
  const desired = dependencies.desired(withVersion(fleet, chosen.moved, version));
  const moves = movesOf(chosen, desired);
  const images = await judgeImages(moves, { fleet, observed, lookUp: dependencies.lookUpImages });
  warnings.push(...images.warnings);
  const backups = await backUpFirst(request, moves, { fleet, dryRun }, dependencies);
  const operations = planUpgrade(
    {
      upgrade: dependencies.newId(service.name),
      service,
      version,
      moves,
      canary: canaryOf(request, all, chosen),
      batch: request.batch ?? fleet.upgrades.batch,
      minHealthySeconds: request.minHealthySeconds ?? fleet.upgrades.minHealthySeconds,
      maxFailures: request.maxFailures,
      onFailure: request.onFailure,
      first: backups.operations,
    },
    { desired, observed, images: images.answers },
  );
  const room = judgeDiskSpace(operations, {
    free: dependencies.freeDisk,
    nodeOf: (instance) => desired.instances.find(({ spec }) => spec.instance === instance)?.spec.node ?? null,
    backups: await dependencies.backups(),
  });
  return { operations, warnings: [...warnings, ...backups.warnings, ...room] };
}

const rollbackText =
  "copies are kept until all instances are moved: should the upgrade stop, what was written on the new version is set aside";

/** Of the nodes in question alone: one elsewhere that does not answer costs nothing here. */
async function observeNodes(
  all: readonly Placement[],
  fleet: Fleet,
  { desired, sources }: PrepareDependencies,
): Promise<Observed> {
  const names = new Set(all.map(({ node }) => node));
  const whole = desired(fleet);
  const nodes = whole.nodes.filter(({ name }) => names.has(name)).map((node) => ({ ...node, lxc: null }));
  return observeFleet({ ...whole, nodes, needs: [] }, sources(fleet));
}

/** Instances may run several versions: each has to be allowed. */
function judgeVersions({ moved, former }: ChosenInstances, { version, acceptMajor }: UpgradeRequest): string[] {
  const from = new Map(
    moved.flatMap(({ instance, service }) => {
      const runs = former.get(instance)?.version;
      return runs === undefined ? [] : [[runs, service] as const];
    }),
  );
  return [...from].flatMap(([runs, service]) => judgeVersion({ service, from: runs, to: version }, { acceptMajor }));
}

function movesOf({ moved, former }: ChosenInstances, { instances }: Desired): Move[] {
  const specs = new Map(instances.map(({ spec }) => [spec.instance, spec]));
  return moved.map(({ instance }) => {
    const [spec, before] = [specs.get(instance), former.get(instance)];
    if (spec === undefined || before === undefined) throw new BerthError("internal", `${instance} cannot be planned`);
    return { spec, former: before };
  });
}

/** One that runs the version already has shown what there was to show: the first of the others goes on. */
function canaryOf({ canary, service }: UpgradeRequest, all: readonly Placement[], chosen: ChosenInstances): string {
  const { moved, there } = chosen;
  const named = canary === undefined ? moved : instancesNamed(canary, service, all);
  const first = moved.find((placement) => named.includes(placement)) ?? moved[0];
  const isAmong = named.some((placement) => moved.includes(placement) || there.includes(placement));
  if (first !== undefined && isAmong) return first.instance;
  throw new BerthError("request.invalid", `The canary '${canary}' is not among the instances that are upgraded`, {
    hint: `These are ${moved.map(({ instance }) => instance).join(", ")}`,
  });
}

async function backUpFirst(
  { backup }: UpgradeRequest,
  moves: readonly Move[],
  { fleet, dryRun }: PrepareOptions,
  { beforeUpgrade }: PrepareDependencies,
): Promise<{ operations: readonly PlannedOperation[]; warnings: string[] }> {
  const alone = "only the copy that is made while an instance is stopped protects what it holds";
  if (!backup) return { operations: [], warnings: [`no backup is made first: ${alone}`] };
  if (fleet.backups === undefined) {
    const why = "the fleet file does not say where backups are kept (docs/backups.md)";
    return { operations: [], warnings: [`no backup is made first, for ${why}: ${alone}`] };
  }
  try {
    const instances = moves.map(({ spec }) => spec.instance);
    return { operations: await beforeUpgrade(instances, { dryRun }), warnings: [] };
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    throw new BerthError(error.code, `No backup can be made before the upgrade: ${error.message}`, {
      hint: `${error.hint ?? "Nothing was changed"}; --no-backup upgrades without one`,
      cause: error,
    });
  }
}
