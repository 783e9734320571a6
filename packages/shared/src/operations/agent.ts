import { backupCreate } from "./backup-create.ts";
import { backupDrill } from "./backup-drill.ts";
import { backupRestore } from "./backup-restore.ts";
import { checkpointCreate } from "./checkpoint-create.ts";
import { checkpointRemove } from "./checkpoint-remove.ts";
import { checkpointRestore } from "./checkpoint-restore.ts";
import { firewallEnsure } from "./firewall-ensure.ts";
import { imageEnsure } from "./image-ensure.ts";
import { instanceEnsure } from "./instance-ensure.ts";
import { instanceProve } from "./instance-prove.ts";
import { instanceRemove } from "./instance-remove.ts";
import { instanceRestart } from "./instance-restart.ts";
import { repositoryCheck } from "./repository-check.ts";
import { repositoryPrune } from "./repository-prune.ts";

/**
 * The operations that an agent performs, by kind. Apart from the controller's, which no agent needs to load: its memory
 * is asked of every node.
 */
export const agentOperations = {
  "firewall.ensure": firewallEnsure,
  "image.ensure": imageEnsure,
  "instance.ensure": instanceEnsure,
  "instance.remove": instanceRemove,
  "instance.restart": instanceRestart,
  "instance.prove": instanceProve,
  "checkpoint.create": checkpointCreate,
  "checkpoint.restore": checkpointRestore,
  "checkpoint.remove": checkpointRemove,
  "backup.create": backupCreate,
  "backup.restore": backupRestore,
  "backup.drill": backupDrill,
  "repository.check": repositoryCheck,
  "repository.prune": repositoryPrune,
} as const satisfies Record<string, { runsOn: "agent" }>;

export type AgentOperationKind = keyof typeof agentOperations;
