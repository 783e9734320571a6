/** From what there is to back up to the operations that do it. Pure. */
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { operationId } from "../plan/identify.ts";
import { planImages, uniqueOperations } from "./plan-images.ts";
import { repositoryOf, type RepositoryContext } from "./repository.ts";
import type { BackupSubject } from "./subjects.ts";

/** Subjects of one owner that belong to one backup. */
export interface PlannedBackup {
  id: string;
  subjects: readonly BackupSubject[];
}

/** Nothing waits for anything else: what fails costs its own backup. */
export function planBackups(backups: readonly PlannedBackup[], context: RepositoryContext): PlannedOperation[] {
  return uniqueOperations(
    backups.flatMap(({ id, subjects }) => subjects.flatMap((subject) => planSubject(id, subject, context))),
  );
}

function planSubject(
  backup: string,
  { owner, subject, node, version, stop, sources }: BackupSubject,
  context: RepositoryContext,
): PlannedOperation[] {
  const repository = repositoryOf(owner, context);
  const images = planImages(node, repository, sources);
  const create: PlannedOperation<"backup.create"> = {
    id: operationId("backup.create", subject),
    kind: "backup.create",
    change: "backup",
    node,
    target: subject,
    reason: `${sources.map(({ name }) => name).join(", ")}${stop ? "; it is stopped meanwhile" : ""}`,
    after: images.map(({ id }) => id),
    input: {
      backup,
      fleet: context.fleet.fleet,
      node,
      subject,
      ...(version === undefined ? {} : { version }),
      stop,
      repository,
      sources,
    },
  };
  return [...images, create];
}

/** Subjects by their owners. */
export function byOwner(subjects: readonly BackupSubject[]): Map<string, BackupSubject[]> {
  return Map.groupBy(subjects, ({ owner }) => owner);
}
