/** What the stand-in's stores and disks held in the past: they have grown to what they hold now, on working days. */
import type { Usage } from "@berth/shared/api/usage";
import type { NodeDisks } from "@berth/shared/api/disks";
import { rowsColumnOf } from "@berth/shared/metrics/holdings";

export interface HeldThing {
  name: string;
  /** By column, at this moment. */
  values: Readonly<Record<string, number>>;
}

export function heldThings(tenant: string, { databases, collections, buckets }: Usage): HeldThing[] {
  const isTheirs = (one: { tenant: string | null }): boolean => one.tenant === tenant;
  return [
    ...databases.filter(isTheirs).map(({ database: name, bytes, counts }) => {
      const rows = Object.entries(counts).map(([what, count]) => [rowsColumnOf(what), count]);
      return { name, values: { databaseBytes: bytes, ...Object.fromEntries(rows) } };
    }),
    ...collections.filter(isTheirs).map(({ collection: name, points }) => ({ name, values: { points } })),
    ...buckets
      .filter(({ countedAt }) => countedAt !== null)
      .filter(isTheirs)
      .map(({ bucket: name, bytes, objects }) => ({ name, values: { bucketBytes: bytes, objects } })),
  ];
}

/** `isWanted` says of which instances, or of none, volumes are. */
export function thingsOnDisks(
  disks: readonly NodeDisks[],
  { fileSystems, isWanted }: { fileSystems: boolean; isWanted: (instance: string | null) => boolean },
): HeldThing[] {
  return disks.flatMap((ofNode) => [
    ...(fileSystems ? ofNode.fileSystems : []).flatMap(({ mountpoint: name, usedBytes, sizeBytes }) => {
      if (usedBytes === null || sizeBytes === null) return [];
      return [{ name, values: { fileSystemUsedBytes: usedBytes, fileSystemSizeBytes: sizeBytes } }];
    }),
    ...ofNode.volumes
      .filter(({ instance }) => isWanted(instance))
      .flatMap(({ name, bytes }) => (bytes === null ? [] : [{ name, values: { volumeBytes: bytes } }])),
  ]);
}

const day = 86_400_000;

/** Of what there is at `now`, how much there was at a moment before. It has come in the time since `days` ago. */
export function heldAt(value: number, { at, now, days }: { at: number; now: number; days: number }): number {
  const age = Math.max(0, now - at) / day;
  const share = Math.max(0, 1 - age / days);
  // Nights and weekends stand still.
  const rest = 0.004 * Math.sin((at / day) * 2 * Math.PI) + 0.012 * Math.sin((at / day / 7) * 2 * Math.PI);
  return Math.round(value * Math.min(1, Math.max(0, share + (share > 0 ? rest : 0))));
}
