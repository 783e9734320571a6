/** Who performs each operation on this node. */
import { backupHandlers } from "./backup/handlers.ts";
import { checkpointHandlers, onWholeVolumes } from "./checkpoint/handlers.ts";
import { freeReserve } from "./checkpoint/reserve.ts";
import type { Engine } from "./docker/engine.ts";
import type { ToolEngine } from "./docker/tools.ts";
import type { Firewall } from "./firewall/firewall.ts";
import type { Journal } from "./journal/journal.ts";
import type { OperationHandlers } from "./operations/context.ts";
import { firewallEnsure } from "./operations/firewall-ensure.ts";
import { imageEnsure } from "./operations/image-ensure.ts";
import { instanceEnsure } from "./operations/instance-ensure.ts";
import { instanceProve } from "./operations/instance-prove.ts";
import { instanceRemove } from "./operations/instance-remove.ts";
import { instanceRestart } from "./operations/instance-restart.ts";
import type { Standbys } from "./standby/standbys.ts";
import { hostFiles } from "./volumes/files.ts";

export interface HandlerDependencies {
  engine: Engine;
  tools: ToolEngine;
  journal: Journal;
  firewall: Firewall;
  /** A new firewall is in force. */
  onFirewall: () => void;
  registryCertificates: string;
  drill: OperationHandlers["backup.drill"];
  standbys: Standbys;
}

export function operationHandlers(dependencies: HandlerDependencies): OperationHandlers {
  const { engine, tools, journal, firewall, onFirewall, registryCertificates, drill, standbys } = dependencies;
  const checkpoints = { engine, volumes: tools, files: hostFiles, journal };
  const ensure = instanceEnsure(engine, journal.desired, standbys);
  return {
    "firewall.ensure": firewallEnsure(firewall, onFirewall),
    "image.ensure": imageEnsure({ engine, registryCertificates }),
    "instance.ensure": onWholeVolumes(
      checkpoints,
      ({ instance }) => instance,
      (spec, context) => {
        journal.held.release(spec.instance);
        return ensure(spec, context);
      },
    ),
    "instance.prove": onWholeVolumes(
      checkpoints,
      ({ spec }) => spec.instance,
      instanceProve({ engine, journal, standbys, onFailed: (instance) => freeReserve(checkpoints, instance) }),
    ),
    "instance.remove": instanceRemove(engine, journal),
    "instance.restart": instanceRestart(engine, journal),
    ...checkpointHandlers(checkpoints),
    ...backupHandlers(engine, tools, journal),
    "backup.drill": drill,
  };
}
