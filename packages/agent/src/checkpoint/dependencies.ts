/** What checkpoints need of the agent, and what their volumes are called. */
import type { Engine } from "../docker/engine.ts";
import type { Volumes } from "../docker/tools.ts";
import type { Journal } from "../journal/journal.ts";
import type { VolumeFiles } from "../volumes/files.ts";

export interface CheckpointDependencies {
  engine: Engine;
  volumes: Volumes;
  files: VolumeFiles;
  journal: Pick<Journal, "desired" | "stopped" | "held" | "checkpoints" | "transaction">;
}

/** The copy of a volume. */
export const copyOf = (volume: string): string => `${volume}-checkpoint`;

/** What was in a volume when its copy was put back. */
export const setAsideOf = (volume: string): string => `${volume}-set-aside`;
