/** The run that brings subjects to what backups hold. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { operationId } from "../plan/identify.ts";
import type { Adoption } from "./kept-secrets.ts";
import { planImages, uniqueOperations } from "./plan-images.ts";
import { matchParts } from "./restore-parts.ts";
import { repositoryOf, type RepositoryContext } from "./repository.ts";
import type { BackupSubject } from "./subjects.ts";

/** An instance that starts anew, with the secrets that its data are encrypted with. */
export interface Rekeyed {
  /** As it is to run then. */
  spec: InstanceSpec;
  /** Empty: it has them, and is not known to run with them. */
  adopted: readonly Adoption[];
}

export interface RestoredSubject {
  backup: Backup;
  /** What it is called in the backup. */
  from: string;
  /** As it is now: where everything goes. */
  subject: BackupSubject;
  /** What has to have succeeded before it is touched: the backup of what is there, or that it exists at all. */
  after: readonly string[];
  /** null: it goes on with the secrets that it runs with. */
  rekeyed: Rekeyed | null;
}

export interface RestorePlan {
  operations: PlannedOperation[];
  warnings: string[];
}

export function planRestore(subjects: readonly RestoredSubject[], context: RepositoryContext): RestorePlan {
  const planned = subjects.map((subject) => planSubject(subject, context));
  return {
    operations: uniqueOperations(planned.flatMap(({ operations }) => operations)),
    warnings: planned.flatMap(({ warnings }) => warnings),
  };
}

function planSubject(
  { backup, from, subject, after, rekeyed }: RestoredSubject,
  context: RepositoryContext,
): RestorePlan {
  const { node } = subject;
  const { parts, warnings } = matchParts(backup, from, subject);
  if (parts.length === 0) return { operations: [], warnings };
  const repository = repositoryOf(backup.owner, context);
  const images = planImages(
    node,
    repository,
    parts.map((part) => part.source),
  );
  const isBeside = from !== subject.subject;
  const restore: PlannedOperation<"backup.restore"> = {
    id: operationId("backup.restore", subject.subject),
    kind: "backup.restore",
    change: "restore",
    node,
    target: subject.subject,
    reason: `becomes what ${isBeside ? from : "it"} was at ${backup.createdAt}`,
    after: [...images.map(({ id }) => id), ...after],
    input: {
      backup: backup.id,
      node,
      subject: subject.subject,
      ...(isBeside ? { from } : {}),
      ...(rekeyed === null ? {} : { takeDown: true }),
      repository,
      parts,
    },
  };
  const rekeying = rekeyed === null ? [] : planRekeying(rekeyed, restore.id);
  return { operations: [...images, restore, ...rekeying], warnings };
}

/** Only once the data are there: before, they are those that the present secrets belong to. */
function planRekeying({ spec, adopted }: Rekeyed, restored: string): PlannedOperation[] {
  const { instance, node } = spec;
  const adopt: PlannedOperation<"secrets.adopt"> = {
    id: operationId("secrets.adopt", instance),
    kind: "secrets.adopt",
    change: "restore",
    node,
    target: instance,
    reason: "its data are encrypted with them",
    after: [restored],
    input: { instance, secrets: [...adopted] },
  };
  const start: PlannedOperation<"instance.ensure"> = {
    id: operationId("instance.ensure", instance),
    kind: "instance.ensure",
    change: "create",
    node,
    target: instance,
    reason: "runs with the secrets of the backup",
    after: [adopted.length === 0 ? restored : adopt.id],
    input: spec,
  };
  return adopted.length === 0 ? [start] : [adopt, start];
}
