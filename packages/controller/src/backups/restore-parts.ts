/** Which snapshot of a backup goes where. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import type { BackupSource } from "@berth/shared/operations/backup-source";
import type { OperationInput } from "@berth/shared/operations/index";
import type { BackupSubject } from "./subjects.ts";

export type RestoreParts = OperationInput<"backup.restore">["parts"];

/** `from`: what the subject is called in the backup. Volumes, databases and the like are matched by what they are there. */
export function matchParts(
  backup: Backup,
  from: string,
  { subject, sources }: BackupSubject,
): { parts: RestoreParts; warnings: string[] } {
  const snapshots = backup.parts.find((part) => part.subject === from)?.snapshots ?? [];
  const parts = sources.flatMap((source) => {
    const snapshot = snapshots.find(({ kind, name }) => kind === source.kind && name === source.name);
    if (snapshot === undefined) return [];
    const names = from === subject ? {} : renamedIn(source, { from, to: subject });
    return [{ source, snapshot, ...(Object.keys(names).length === 0 ? {} : { renamed: names }) }];
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
        .map(({ name }) => `${subject} has no ${name}${from === subject ? " any more" : ""}: it stays in the backup`),
    ],
  };
}

/** What a snapshot names by itself: collections and buckets. Each begins with the name of whom it belongs to. */
function renamedIn(source: BackupSource, { from, to }: { from: string; to: string }): Record<string, string> {
  if (source.kind === "collections") return renamed(source.collections, `${prefixOf(to)}_`, `${prefixOf(from)}_`);
  return source.kind === "buckets" ? renamed(source.buckets, `${to}-`, `${from}-`) : {};
}

function renamed(names: readonly string[], now: string, then: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`${then}${name.slice(now.length)}`, name]));
}

/** What the names of an instance's collections begin with: `collectionPrefix`, of both at once. */
function prefixOf(instance: string): string {
  return instance.replaceAll("-", "_");
}
