import { formatBytes } from "@berth/shared/metrics/units";
import type { JSX } from "preact";
import { useDisks } from "./use-disks.ts";

/** Sizes of an instance's volumes in a line for its facts; undefined: nothing is known of any. */
export function useInstanceVolumes(node: string, instance: string): JSX.Element | undefined {
  const { answer: disks, error } = useDisks(node);
  // Its place is kept, so that nothing moves when the answer comes.
  if (disks === undefined) return <>{error ? "unknown" : "…"}</>;
  const volumes = disks?.volumes.filter((volume) => volume.instance === instance) ?? [];
  if (volumes.length === 0) return undefined;
  const texts = volumes.map(({ name, bytes, measuredAt }) => (
    <span key={name} title={measuredAt === null ? undefined : `measured ${measuredAt}`}>
      {bytes === null ? "not measured yet" : formatBytes(bytes)}{" "}
      <span class="secondary">{shortName(name, instance)}</span>
    </span>
  ));
  return <span class="volume-sizes">{texts}</span>;
}

/** "data" of user1-n8n-data. */
function shortName(volume: string, instance: string): string {
  return volume.startsWith(`${instance}-`) ? volume.slice(instance.length + 1) : volume;
}
