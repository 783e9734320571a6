/** What is on the disks of nodes, for the history. Pure. */
import type { KnownDisks } from "../agents/state/disks.ts";
import type { Holding } from "../metrics/history/holding.ts";

/** An agent tells its file systems each minute. */
const newMilliseconds = 3 * 60_000;
/** An agent measures each volume once a day at least, twice that allowed: what is older could not be measured since. */
const measuredMilliseconds = 2 * 86_400_000;

export interface DiskMoment {
  /** What a node that is away told last says nothing of now. */
  isOnline: (node: string) => boolean;
  now: number;
}

/** What a file system does not tell, or was not measured of a volume yet, is unknown, and not nothing. */
export function diskHoldings(disks: readonly KnownDisks[], { isOnline, now }: DiskMoment): Holding[] {
  return disks
    .filter(({ node }) => isOnline(node))
    .flatMap(({ node, readAt, fileSystems, volumes }) => [
      ...(isNew(readAt, now - newMilliseconds) ? fileSystems : []).map(({ mountpoint, usedBytes, sizeBytes }) => {
        const values = known({ fileSystemUsedBytes: usedBytes, fileSystemSizeBytes: sizeBytes });
        return { kind: "file-system", name: mountpoint, owner: "", node, values } as const;
      }),
      ...volumes
        .filter(({ measuredAt }) => isNew(measuredAt, now - measuredMilliseconds))
        .map(({ name, instance, bytes }) => {
          return { kind: "volume", name, owner: instance ?? "", node, values: known({ volumeBytes: bytes }) } as const;
        }),
    ])
    .filter(({ values }) => Object.keys(values).length > 0);
}

function isNew(at: number | null, since: number): boolean {
  return at !== null && at >= since;
}

function known(values: Record<string, number | null>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([column, value]) => (value === null ? [] : [[column, value]])),
  );
}
