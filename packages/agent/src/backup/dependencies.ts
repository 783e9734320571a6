/** What backups need of the agent. */
import type { Engine } from "../docker/engine.ts";
import type { ToolEngine } from "../docker/tools.ts";
import type { DesiredState } from "../journal/desired-state.ts";
import type { Checkpoints } from "../journal/checkpoints.ts";
import type { HeldInstances } from "../journal/held-instances.ts";
import type { StoppedInstances } from "../journal/stopped-instances.ts";

export interface BackupDependencies {
  engine: Engine;
  tools: ToolEngine;
  desired: DesiredState;
  stopped: StoppedInstances;
  held: Pick<HeldInstances, "has">;
  checkpoints: Pick<Checkpoints, "remove">;
  /** Pulls the image when it is not here. */
  ensureImage: (image: string, signal: AbortSignal) => Promise<void>;
}
