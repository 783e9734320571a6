/** The run that drills backups. Pure. */
import type { BackupPart } from "@berth/shared/api/backups";
import type { DrillNeed } from "@berth/shared/operations/backup-drill";
import type { BackupSource } from "@berth/shared/operations/backup-source";
import type { OperationInput } from "@berth/shared/operations/index";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { resolveSecrets } from "../operations/resolve-secrets.ts";
import type { Desired } from "../plan/desired.ts";
import { operationId } from "../plan/identify.ts";
import type { FleetPlan } from "../plan/plan.ts";
import type { Candidate, Chosen } from "./drill-choice.ts";
import { drillFleet, type DrillFleet } from "./drill-fleet.ts";
import { drillReference } from "./drill-secrets.ts";
import { planImages, uniqueOperations } from "./plan-images.ts";
import type { PresentFleet } from "./present-fleet.ts";
import { repositoryOf } from "./repository.ts";
import { backupSubjects, type BackupSubject } from "./subjects.ts";

export interface DrillCandidate extends Candidate {
  node: string;
  /** null: a tenant with its buckets. */
  instance: InstanceSpec | null;
}

/** What the fleet holds that can be backed up, hence drilled. */
export function drillCandidates(context: PresentFleet): DrillCandidate[] {
  return backupSubjects(context).map(({ owner, subject, node }) => {
    const instance = context.desired.instances.find(({ spec }) => spec.instance === subject)?.spec ?? null;
    return { owner, subject, node, instance, kind: instance?.service ?? "buckets" };
  });
}

export function planDrills(chosen: readonly Chosen<DrillCandidate>[], context: PresentFleet): FleetPlan {
  const planned = chosen.map((one) => planDrill(one, context));
  return {
    operations: uniqueOperations(planned.flatMap(({ operations }) => operations)),
    warnings: planned.flatMap(({ warnings }) => warnings),
  };
}

type DrillInput = OperationInput<"backup.drill">;

function planDrill({ subject: candidate, backup, part }: Chosen<DrillCandidate>, context: PresentFleet): FleetPlan {
  const { subject, owner, node, instance } = candidate;
  const version = part.version ?? null;
  const reduced = drillFleet(
    { subject, service: instance?.service ?? null, tenant: tenantOf(candidate), node, version },
    context,
  );
  const sources = sourcesOf(candidate, reduced, context);
  const homeless = part.snapshots.filter((snapshot) => sourceOf(snapshot, sources) === undefined);
  if (homeless.length > 0) {
    const names = homeless.map(({ name }) => name).join(", ");
    return { operations: [], warnings: [`${subject} is not drilled: the present fleet has no place for its ${names}`] };
  }
  const repository = repositoryOf(owner, context);
  const withSecrets = resolveSecrets(
    {
      stores: reduced.stores,
      needs: needsOf(candidate, sources, reduced, context),
      parts: partsOf(part, sources),
      service: reduced.service,
    },
    drillReference({ owner, subject, kept: backup.secrets }),
  );
  const images = [...planImages(node, repository, sources), ...containerImages(node, reduced)];
  const drill: PlannedOperation<"backup.drill"> = {
    id: operationId("backup.drill", subject),
    kind: "backup.drill",
    change: "verify",
    node,
    target: subject,
    reason: reasonOf(candidate, backup.id, version),
    after: [...new Set(images.map(({ id }) => id))],
    input: { backup: backup.id, node, subject, repository, memoryBytes: memoryOf(reduced), ...withSecrets },
  };
  return { operations: [...images, drill], warnings: [] };
}

function tenantOf({ instance, subject }: DrillCandidate): string | null {
  return instance === null ? subject : instance.tenant;
}

function reasonOf({ instance }: DrillCandidate, backup: string, version: string | null): string {
  const restored = `${backup} is restored into throw-away stores`;
  if (instance === null) return restored;
  const of = version === null ? `its present version ${instance.version}` : `version ${version}`;
  return `${restored} and ${instance.service} started over it in ${of}`;
}

/** Where the subject's data go, and the buckets that the instance shares with its tenant's others. */
function sourcesOf(candidate: DrillCandidate, reduced: DrillFleet, context: PresentFleet): BackupSource[] {
  const { owner, subject, instance } = candidate;
  const specs = [...reduced.stores, ...(reduced.service === null ? [] : [reduced.service])];
  const desired: Desired = { ...context.desired, instances: specs.map((spec) => ({ spec, after: [] })) };
  const has = (store: string) => reduced.stores.some((spec) => spec.instance === store);
  const needs = desired.needs.filter(({ server }) => has(server));
  const all = backupSubjects({ ...context, ...reduced, desired: { ...desired, needs } });
  const find = (name: string): BackupSubject["sources"] => all.find((one) => one.subject === name)?.sources ?? [];
  return instance !== null && instance.tenant !== null ? [...find(subject), ...find(owner)] : find(subject);
}

function sourceOf({ kind, name }: Pick<BackupSource, "kind" | "name">, sources: readonly BackupSource[]) {
  return sources.find((source) => source.kind === kind && source.name === name);
}

function partsOf({ snapshots }: BackupPart, sources: readonly BackupSource[]): DrillInput["parts"] {
  return snapshots.flatMap((snapshot) => {
    const source = sourceOf(snapshot, sources);
    return source === undefined ? [] : [{ source, snapshot }];
  });
}

/** What `berth apply` would have made in the stores. */
function needsOf(
  { subject }: DrillCandidate,
  sources: readonly BackupSource[],
  { stores }: DrillFleet,
  { desired }: PresentFleet,
): DrillNeed[] {
  return sources.flatMap((source): DrillNeed[] => {
    if (source.kind === "volume") return [];
    if (source.kind === "buckets") {
      const { kind, endpoint, port, accessKey, secretKey, buckets } = source;
      return [{ kind, endpoint, port, accessKey, secretKey, buckets }];
    }
    if (source.kind === "collections") {
      const need = desired.needs.find(({ kind, target }) => kind === "collections.ensure" && target === subject);
      const { kind, url, token } = source;
      return need?.kind === "collections.ensure" ? [{ kind, url, token, collections: need.input.collections }] : [];
    }
    const { kind, image, host, port, database, user, password } = source;
    const server = stores.find(({ instance }) => instance === host)?.containers.find(({ name }) => name === host);
    const superuser = server?.env["POSTGRES_USER"] ?? "postgres";
    const superuserPassword = server?.env["POSTGRES_PASSWORD"] ?? "";
    const need = desired.needs.find((one) => one.kind === "database.ensure" && one.target === database);
    const extensions = need?.kind === "database.ensure" ? need.input.extensions : [];
    return [{ kind, image, host, port, superuser, superuserPassword, database, user, password, extensions }];
  });
}

function containerImages(node: string, { stores, service }: DrillFleet): PlannedOperation<"image.ensure">[] {
  const specs = service === null ? stores : [...stores, service];
  const images = new Set(specs.flatMap(({ containers }) => containers.map(({ image }) => image)));
  return [...images].map((image) => ({
    id: operationId("image.ensure", node, image),
    kind: "image.ensure",
    change: "create",
    node,
    target: image,
    reason: "a drill starts it",
    after: [],
    input: { node, image, registryCa: null },
  }));
}

const mebibyte = 1024 ** 2;
/** A store that holds what one subject has takes little of what it may. */
const storeBytes = 256 * mebibyte;

/** What a drill takes as a rule; limits are far above it. */
function memoryOf({ stores, service }: DrillFleet): number {
  const limits = (spec: InstanceSpec) => spec.containers.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  const ofStores = stores.reduce((sum, store) => sum + Math.min(limits(store), storeBytes), 0);
  return ofStores + (service === null ? 0 : Math.round(limits(service) / 2));
}
