/** The run that brings subjects to what a backup holds. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { operationId } from "../plan/identify.ts";
import { planImages, uniqueOperations } from "./plan-images.ts";
import { repositoryOf, type RepositoryContext } from "./repository.ts";
import type { BackupSubject } from "./subjects.ts";

export interface Restore {
  backup: Backup;
  /** As they are now: where everything goes. */
  subjects: readonly BackupSubject[];
  /** What has to have succeeded before anything is touched: the backup of what is there. */
  first: readonly PlannedOperation[];
  /** Instances whose secrets become those of the backup, as they are to run then. */
  rekeyed: ReadonlyMap<string, InstanceSpec>;
}

export interface RestorePlan {
  operations: PlannedOperation[];
  warnings: string[];
}

export function planRestore({ backup, subjects, first, rekeyed }: Restore, context: RepositoryContext): RestorePlan {
  const saved = first.filter(({ kind }) => kind === "backup.create").map(({ id }) => id);
  const planned = subjects.map((subject) => planSubject(backup, subject, saved, context, rekeyed.get(subject.subject)));
  return {
    operations: uniqueOperations([...first, ...planned.flatMap(({ operations }) => operations)]),
    warnings: planned.flatMap(({ warnings }) => warnings),
  };
}

function planSubject(
  backup: Backup,
  subject: BackupSubject,
  saved: readonly string[],
  context: RepositoryContext,
  rekeyed: InstanceSpec | undefined,
): RestorePlan {
  const { node } = subject;
  const { parts, warnings } = partsOf(backup, subject);
  const [source] = parts;
  if (source === undefined) return { operations: [], warnings };
  const repository = repositoryOf(subject.owner, context);
  const images = planImages(
    node,
    repository,
    parts.map((part) => part.source),
  );
  const removed = rekeyed === undefined ? [] : [removal(subject, saved)];
  const restore: PlannedOperation<"backup.restore"> = {
    id: operationId("backup.restore", subject.subject),
    kind: "backup.restore",
    change: "restore",
    node,
    target: subject.subject,
    reason: `becomes what it was at ${backup.createdAt}`,
    after: [...images.map(({ id }) => id), ...saved, ...removed.map(({ id }) => id)],
    input: { backup: backup.id, node, subject: subject.subject, repository, parts },
  };
  const started = rekeyed === undefined ? [] : [start(rekeyed, restore.id)];
  return { operations: [...images, ...removed, restore, ...started], warnings };
}

/** It must not start over data that it cannot read; its volumes stay. */
function removal({ subject, node }: BackupSubject, after: readonly string[]): PlannedOperation<"instance.remove"> {
  return {
    id: operationId("instance.remove", node, subject),
    kind: "instance.remove",
    change: "remove",
    node,
    target: subject,
    reason: "its secrets become those of the backup; its volumes are kept",
    after: [...after],
    input: { node, instance: subject, volumes: false },
  };
}

function start(spec: InstanceSpec, after: string): PlannedOperation<"instance.ensure"> {
  return {
    id: operationId("instance.ensure", spec.instance),
    kind: "instance.ensure",
    change: "create",
    node: spec.node,
    target: spec.instance,
    reason: "runs with the secrets of the backup",
    after: [after],
    input: spec,
  };
}

type RestoreParts = PlannedOperation<"backup.restore">["input"]["parts"];

function partsOf(backup: Backup, { subject, sources }: BackupSubject): { parts: RestoreParts; warnings: string[] } {
  const snapshots = backup.parts.find((part) => part.subject === subject)?.snapshots ?? [];
  const parts = sources.flatMap((source) => {
    const snapshot = snapshots.find(({ kind, name }) => kind === source.kind && name === source.name);
    return snapshot === undefined ? [] : [{ source, snapshot }];
  });
  const isMatched = (sought: { kind: string; name: string }) =>
    parts.some(({ source }) => source.kind === sought.kind && source.name === sought.name);
  return {
    parts,
    warnings: [
      ...sources
        .filter((source) => !isMatched(source))
        .map(({ name }) => `${subject} keeps its ${name}: the backup has none`),
      ...snapshots
        .filter((one) => !isMatched(one))
        .map(({ name }) => `${subject} has no ${name} any more: it stays in the backup`),
    ],
  };
}
