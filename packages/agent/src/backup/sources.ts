/** Each kind of source into the repository. */
import type { BackupSource, Snapshot } from "@berth/shared/operations/backup-source";
import { BerthError } from "@berth/shared/errors";
import type { ToolEngine } from "../docker/tools.ts";
import { dumpBuckets } from "./buckets.ts";
import { dumpCollections } from "./collections.ts";
import { dumpDatabase } from "./database.ts";
import { type SnapshotOptions, type SnapshotSummary, snapshotStream, snapshotVolume } from "./snapshot.ts";

export interface SourceTools {
  tools: ToolEngine;
  ensureImage: (image: string, signal: AbortSignal) => Promise<void>;
}

const endings = { database: "dump", collections: "ndjson", buckets: "tar" } as const;

/** Name of the one file in the source's snapshot. */
export function fileOf({ kind, name }: { kind: Exclude<BackupSource["kind"], "volume">; name: string }): string {
  return `${name}.${endings[kind]}`;
}

/** `isLive`: its instance runs meanwhile. */
export async function backUp(
  dependencies: SourceTools,
  options: SnapshotOptions,
  source: BackupSource,
  isLive: boolean,
): Promise<Snapshot> {
  if (source.kind === "volume") {
    if ((await dependencies.tools.volumeDirectory(source.volume)) === null) throw missingVolume(source.volume);
    const summary = await snapshotVolume(options, source.volume, isLive);
    return toSnapshot(source, summary, { files: summary.total_files_processed });
  }
  let counts: Record<string, number> = {};
  const summary = await snapshotStream(options, fileOf(source), async (sink) => {
    if (source.kind === "database") await dumpDatabase(dependencies, source, options.signal, sink);
    else if (source.kind === "collections") counts = await dumpCollections(source, options.signal, sink);
    else counts = await dumpBuckets(source, options.signal, sink);
  });
  return toSnapshot(source, summary, counts);
}

function toSnapshot({ kind, name }: BackupSource, summary: SnapshotSummary, counts: Record<string, number>): Snapshot {
  const { snapshot_id: snapshot, total_bytes_processed: bytes, added: addedBytes } = summary;
  return { kind, name, snapshot, bytes, addedBytes, counts };
}

function missingVolume(volume: string): BerthError {
  return new BerthError("not-found", `The node has no volume ${volume} to back up.`, {
    hint: "Was the instance ever started here? berth apply makes it.",
  });
}
