/** One part of a backup, restored by what restores are made by, and counted. */
import { opendir } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import type { ProvenPart } from "@berth/shared/operations/backup-drill";
import type { BackupSource, Snapshot } from "@berth/shared/operations/backup-source";
import { restoreBuckets } from "../backup/buckets-restore.ts";
import { restoreCollections } from "../backup/collections.ts";
import { type DatabaseSource, queryDatabase, restoreDatabase } from "../backup/database.ts";
import { type BucketsSource, listKeys, openStore, storeError } from "../backup/object-store.ts";
import { type CollectionsSource, scrollIds } from "../backup/qdrant.ts";
import { readSnapshot } from "../backup/read-snapshot.ts";
import type { Restic } from "../backup/restic.ts";
import { fileOf, type SourceTools } from "../backup/sources.ts";
import { putVolumeInPlace, removeStaging, stageVolume } from "../backup/staged-volume.ts";
import { RowCounter } from "./row-counter.ts";

type Counts = ProvenPart["counts"];

export interface PartContext {
  tools: SourceTools;
  restic: Restic;
  subject: string;
  signal: AbortSignal;
}

/** `source`: where it goes, as the agent reaches it. @throws BerthError backup.damaged where what came back differs */
export async function provePart(context: PartContext, source: BackupSource, snapshot: Snapshot): Promise<ProvenPart> {
  if (source.kind !== snapshot.kind) {
    const message = `The snapshot ${snapshot.name} is of ${snapshot.kind}, and ${source.name} of ${source.kind}.`;
    throw new BerthError("request.invalid", message);
  }
  const counts = await restoreAndCount(context, source, snapshot);
  return { kind: snapshot.kind, name: snapshot.name, counts };
}

async function restoreAndCount(context: PartContext, source: BackupSource, snapshot: Snapshot): Promise<Counts> {
  if (source.kind === "volume") return volumeCounts(context, source.volume, snapshot);
  const { restic, signal, subject } = context;
  const file = fileOf({ kind: source.kind, name: snapshot.name });
  return readSnapshot(restic, snapshot.snapshot, file, signal, async (content) => {
    switch (source.kind) {
      case "database":
        return databaseCounts(context, source, content);
      case "collections":
        await restoreCollections(source, signal, content);
        return compare(subject, snapshot, "points", await countPoints(source, signal));
      case "buckets":
        await restoreBuckets(source, signal, content);
        return compare(subject, snapshot, "objects", await countObjects(source, signal));
    }
  });
}

async function volumeCounts(
  { tools, restic, signal, subject }: PartContext,
  volume: string,
  snapshot: Snapshot,
): Promise<Counts> {
  await stageVolume(tools, restic, { volume, instance: subject, snapshot }, signal);
  await putVolumeInPlace(tools, volume);
  await removeStaging(tools, volume);
  const directory = await tools.tools.volumeDirectory(volume);
  return compare(subject, snapshot, "files", { files: directory === null ? 0 : await countFiles(directory, signal) });
}

/** As restic counts them: links and directories are none. */
async function countFiles(root: string, signal: AbortSignal): Promise<number> {
  let files = 0;
  const waiting = [root];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    signal.throwIfAborted();
    for await (const entry of await opendir(directory)) {
      if (entry.isFile()) files += 1;
      else if (entry.isDirectory()) waiting.push(join(directory, entry.name));
    }
  }
  return files;
}

/** Against what the dump holds: nobody has counted the rows when it was made. */
async function databaseCounts(
  { tools, signal, subject }: PartContext,
  source: DatabaseSource,
  content: AsyncIterable<Buffer>,
): Promise<Counts> {
  const counter = new RowCounter();
  await restoreDatabase(tools, source, signal, content, (chunk) => counter.receive(chunk));
  const tables = [...counter.rows.keys()];
  // ONLY: what inherits from a table is counted by itself.
  const script = tables.map((table) => `SELECT count(*) FROM ONLY ${table};\n`).join("");
  const found = (await queryDatabase(tools, source, signal, script)).split("\n").map(Number);
  tables.forEach((table, index) => {
    const rows = found[index] ?? 0;
    const expected = counter.rows.get(table) ?? 0;
    if (rows !== expected) throw differs(subject, `${rows} rows in ${table}`, `${expected}`);
  });
  const rows = [...counter.rows.values()].reduce((sum, count) => sum + count, 0);
  return { tables: tables.length, rows };
}

async function countPoints(source: CollectionsSource, signal: AbortSignal): Promise<Counts> {
  const counts: Counts = {};
  for (const collection of source.collections) {
    let points = 0;
    for await (const page of scrollIds(source, collection, signal)) points += page.length;
    counts[collection] = points;
  }
  return counts;
}

async function countObjects(source: BucketsSource, signal: AbortSignal): Promise<Counts> {
  const client = await openStore(source);
  const counts: Counts = {};
  try {
    for (const bucket of source.buckets) {
      let objects = 0;
      for await (const key of listKeys(client, bucket)) {
        signal.throwIfAborted();
        if (key !== "") objects += 1;
      }
      counts[bucket] = objects;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw storeError(error, source);
  }
  return counts;
}

/** What the backup has counted must be there. Returns those of the counts that it speaks of. */
function compare(subject: string, { counts: expected }: Snapshot, what: string, found: Counts): Counts {
  for (const [name, count] of Object.entries(expected)) {
    const there = found[name] ?? 0;
    const where = name === what ? "" : ` in ${name}`;
    if (there !== count) throw differs(subject, `${there} ${what}${where}`, `${count}`);
  }
  return Object.fromEntries(Object.keys(expected).map((name) => [name, found[name] ?? 0]));
}

function differs(subject: string, found: string, expected: string): BerthError {
  const message = `What came back of ${subject} is not what was backed up: ${found}, and the backup has ${expected}.`;
  return new BerthError("backup.damaged", message, {
    hint: "Make another backup, and drill that; `berth backup verify` tells whether the repository is whole.",
  });
}
