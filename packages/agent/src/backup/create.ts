/** backup.create: everything that a subject holds, as of one moment, in its owner's repository. */
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import type { Snapshot } from "@berth/shared/operations/backup-source";
import type { OperationContext } from "../operations/context.ts";
import type { BackupDependencies } from "./dependencies.ts";
import { waitForHealth, whileStopped } from "../operations/pause-instance.ts";
import { backupTag, writeRecord } from "./record.ts";
import { ensureRepository } from "./repository.ts";
import { Restic } from "./restic.ts";
import { backUp } from "./sources.ts";

type Input = OperationInput<"backup.create">;

/** A repetition does all of it anew: a set of which parts are older is of no one moment. */
export async function createBackup(
  dependencies: BackupDependencies,
  input: Input,
  context: OperationContext,
): Promise<OperationResult<"backup.create">> {
  const { subject, repository } = input;
  const restic = new Restic(dependencies, repository);
  context.progress({ line: `opening ${repository.owner}'s repository` });
  await context.phase("open repository", repository.owner, () => ensureRepository(restic, context.signal));
  // Whatever can be known to be missing is known before the instance stops.
  for (const source of input.sources) {
    if (source.kind === "database") await dependencies.ensureImage(source.image, context.signal);
  }
  const work = (): Promise<Snapshot[]> => backUpAll(dependencies, restic, input, context);
  const { value: snapshots, milliseconds } = input.stop
    ? await whileStopped(dependencies, subject, context, work)
    : { value: await work(), milliseconds: 0 };
  const report = context.progress;
  const options = { restic, signal: context.signal, report };
  await context.phase("record", subject, () => writeRecord(options, { ...input, snapshots }));
  if (milliseconds > 0) {
    await waitForHealth(dependencies, subject, context, "It was stopped for its backup, which is complete.");
  }
  return { snapshots, stoppedMilliseconds: milliseconds };
}

async function backUpAll(
  dependencies: BackupDependencies,
  restic: Restic,
  { backup, fleet, subject, stop, sources }: Input,
  { signal, progress, phase }: OperationContext,
): Promise<Snapshot[]> {
  const snapshots: Snapshot[] = [];
  for (const source of sources) {
    progress({ line: `backing up ${source.name} (${source.kind})` });
    const tags = [backupTag(backup), `fleet:${fleet}`, `source:${source.name}`];
    const report = (told: Parameters<typeof progress>[0]): void => {
      progress({ ...told, line: `${source.name}: ${told.line}` });
    };
    const options = { restic, signal, report, host: subject, tags };
    snapshots.push(await phase("back up", source.name, () => backUp(dependencies, options, source, !stop)));
  }
  return snapshots;
}
