/** repository.check and repository.prune. */
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import type { OperationContext } from "../operations/context.ts";
import type { BackupDependencies } from "./dependencies.ts";
import { backupTag } from "./record.ts";
import { listSnapshots, openRepository } from "./repository.ts";
import { Restic } from "./restic.ts";

/** Both want the repository to themselves: backups under way go first, and a lock that a kill left ends by then. */
const lockWait = "45m";

export async function checkRepository(
  dependencies: BackupDependencies,
  { repository }: OperationInput<"repository.check">,
  { signal, progress, phase }: OperationContext,
): Promise<OperationResult<"repository.check">> {
  const restic = new Restic(dependencies, repository);
  await phase("open repository", repository.owner, () => openRepository(restic, signal));
  progress({ line: `reading all of ${repository.owner}'s repository` });
  await phase("check", repository.owner, () => restic.run(["check", "--read-data"], { signal, lockWait }));
  return { snapshots: await snapshotIds(restic, signal) };
}

export async function pruneRepository(
  dependencies: BackupDependencies,
  { repository, backups }: OperationInput<"repository.prune">,
  { signal, progress, phase }: OperationContext,
): Promise<OperationResult<"repository.prune">> {
  const restic = new Restic(dependencies, repository);
  await phase("open repository", repository.owner, () => openRepository(restic, signal));
  const tags = new Set(backups.map(backupTag));
  const present = await listSnapshots(restic, signal);
  const ids = present.filter((snapshot) => snapshot.tags.some((tag) => tags.has(tag))).map(({ id }) => id);
  progress({ line: `removing ${ids.length} snapshots of ${backups.length} backups` });
  await phase("prune", repository.owner, async () => {
    if (ids.length > 0) await restic.run(["forget", ...ids], { signal, lockWait });
    // Also when nothing was to be forgotten: an attempt before this one may have been cut off between the two.
    await restic.run(["prune"], { signal, lockWait });
  });
  return { snapshots: await snapshotIds(restic, signal) };
}

async function snapshotIds(restic: Restic, signal: AbortSignal): Promise<string[]> {
  return (await listSnapshots(restic, signal)).map(({ id }) => id);
}
