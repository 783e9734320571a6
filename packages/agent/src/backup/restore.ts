/** backup.restore: everything is fetched and verified before the instance stops and its data are replaced. */
import { BerthError } from "@berth/shared/errors";
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import type { OperationContext } from "../operations/context.ts";
import { restoreBuckets } from "./buckets-restore.ts";
import { restoreCollections } from "./collections.ts";
import { restoreDatabase } from "./database.ts";
import type { BackupDependencies } from "./dependencies.ts";
import { waitForHealth, whileStopped } from "../operations/pause-instance.ts";
import { readSnapshot, verifySnapshot } from "./read-snapshot.ts";
import { openRepository } from "./repository.ts";
import { Restic } from "./restic.ts";
import { fileOf } from "./sources.ts";
import { putVolumeInPlace, removeStaging, stageVolume } from "./staged-volume.ts";

type Input = OperationInput<"backup.restore">;
type Part = Input["parts"][number];

/** What can be undone as a whole comes first: a transaction that fails leaves everything as it was. */
const order = ["database", "volume", "collections", "buckets"] as const;

export async function restoreBackup(
  dependencies: BackupDependencies,
  input: Input,
  context: OperationContext,
): Promise<OperationResult<"backup.restore">> {
  const { signal, progress, phase } = context;
  const restic = new Restic(dependencies, input.repository);
  const parts = input.parts.toSorted((one, other) => order.indexOf(one.source.kind) - order.indexOf(other.source.kind));
  parts.forEach(checkPart);
  await phase("open repository", input.repository.owner, () => openRepository(restic, signal));
  try {
    for (const part of parts) {
      progress({ line: `fetching and verifying ${part.source.name} (${part.source.kind})` });
      await phase("fetch", part.source.name, () => stage(dependencies, restic, input.subject, part, signal));
    }
    const { milliseconds } = await whileStopped(dependencies, input.subject, context, async () => {
      for (const part of parts) {
        progress({ line: `restoring ${part.source.name} (${part.source.kind})` });
        await phase("restore", part.source.name, () => putInPlace(dependencies, restic, part, signal));
      }
      // What an upgrade has copied must not take the place of these data later.
      dependencies.checkpoints.remove(input.subject);
      if (input.takeDown === true) await takeDown(dependencies, input.subject);
    });
    if (dependencies.held.has(input.subject)) {
      progress({ line: `${input.subject} was left stopped by an upgrade: berth apply starts it` });
    } else {
      const fate = `It runs with the data of backup ${input.backup}.`;
      await waitForHealth(dependencies, input.subject, context, fate);
    }
    return { restored: input.parts.map(({ source }) => source.name), stoppedMilliseconds: milliseconds };
  } finally {
    for (const { source } of parts) {
      if (source.kind !== "volume") continue;
      await phase("remove", source.name, () => removeStaging(dependencies, source.volume));
    }
  }
}

function checkPart({ source, snapshot }: Part): void {
  if (source.kind === snapshot.kind) return;
  const message = `The snapshot ${snapshot.name} is of ${snapshot.kind}, and ${source.name} of ${source.kind}.`;
  throw new BerthError("request.invalid", message, { hint: "Restore it to what it was made of." });
}

async function stage(
  dependencies: BackupDependencies,
  restic: Restic,
  subject: string,
  { source, snapshot }: Part,
  signal: AbortSignal,
): Promise<void> {
  if (source.kind === "volume") {
    await stageVolume(dependencies, restic, { volume: source.volume, instance: subject, snapshot }, signal);
    return;
  }
  if (source.kind === "database") await dependencies.ensureImage(source.image, signal);
  await verifySnapshot(restic, snapshot.snapshot, snapshotFile(snapshot), signal);
}

async function putInPlace(
  dependencies: BackupDependencies,
  restic: Restic,
  { source, snapshot, renamed = {} }: Part,
  signal: AbortSignal,
): Promise<void> {
  if (source.kind === "volume") return putVolumeInPlace(dependencies, source.volume);
  return readSnapshot(restic, snapshot.snapshot, snapshotFile(snapshot), signal, async (content) => {
    if (source.kind === "database") await restoreDatabase(dependencies, source, signal, content);
    else if (source.kind === "collections") await restoreCollections(source, signal, content, renamed);
    else await restoreBuckets(source, signal, content, renamed);
  });
}

/** Nothing brings it back by itself: it must not run over data that it cannot read. */
async function takeDown({ engine, desired }: BackupDependencies, instance: string): Promise<void> {
  desired.remove(instance);
  for (const { id } of await engine.listContainers({ instance })) await engine.removeContainer(id);
}

/** Named by the source that it was made of. */
function snapshotFile({ kind, name }: Part["snapshot"]): string {
  if (kind === "volume") throw new BerthError("internal", "A volume's snapshot is no single file.");
  return fileOf({ kind, name });
}
