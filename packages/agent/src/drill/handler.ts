/** The operation of this room, over the node's Docker engine. */
import type { Engine } from "../docker/engine.ts";
import type { ToolEngine } from "../docker/tools.ts";
import type { NodeMeter } from "../metrics/node-meter.ts";
import type { OperationHandler } from "../operations/context.ts";
import { throughOutages } from "../operations/outage.ts";
import type { DrillEngine } from "../docker/drill-engine.ts";
import { drillBackup } from "./drill.ts";
import type { DrillRoom } from "./room.ts";

export interface DrillHandlerDependencies {
  engine: Engine;
  drills: DrillEngine;
  tools: ToolEngine;
  room: DrillRoom;
  node: NodeMeter;
}

export function backupDrill(dependencies: DrillHandlerDependencies): OperationHandler<"backup.drill"> {
  const { engine, tools } = dependencies;
  return (input, context) => {
    const ensureImage = async (image: string, signal: AbortSignal): Promise<void> => {
      if ((await engine.imageId(image)) !== null) return;
      context.progress({ line: `pulling ${image}` });
      await context.phase("pull", image, () => engine.pullImage(image, context.progress, signal));
    };
    return throughOutages(engine, context, async () => {
      await tools.removeLeftovers();
      return drillBackup({ ...dependencies, ensureImage }, input, context);
    });
  };
}
