/** What backups need of the agent. */
import type { Engine } from "../docker/engine.ts";
import type { ToolEngine } from "../docker/tools.ts";
import type { DesiredState } from "../journal/desired-state.ts";
import type { StoppedInstances } from "../journal/stopped-instances.ts";

export interface BackupDependencies {
  engine: Engine;
  tools: ToolEngine;
  desired: DesiredState;
  stopped: StoppedInstances;
  /** Pulls the image when it is not here. */
  ensureImage: (image: string, signal: AbortSignal) => Promise<void>;
}
