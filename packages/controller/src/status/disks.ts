/** What nodes told of their disks, as the API tells it. Pure. */
import type { NodeDisks } from "@berth/shared/api/disks";
import type { KnownDisks } from "../agents/state/disks.ts";

export function presentDisks({ node, readAt, fileSystems, volumes }: KnownDisks): NodeDisks {
  return {
    ...{ node, readAt: timeOf(readAt), fileSystems: [...fileSystems] },
    volumes: volumes.map((volume) => ({ ...volume, measuredAt: timeOf(volume.measuredAt) })),
  };
}

function timeOf(moment: number | null): string | null {
  return moment === null ? null : new Date(moment).toISOString();
}
