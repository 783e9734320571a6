/** One stream of changes for the API, put together from the rooms that notice them. */
import { EventEmitter } from "node:events";
import type { LiveSamples } from "@berth/shared/api/live";
import type { AlertsRoom } from "../alerts/alerts.ts";
import type { Hub, NodePresence } from "../agents/types.ts";
import type { LiveApi, LiveEvent } from "../api/live.ts";
import { whenAborted } from "../api/server-sent-events.ts";
import type { Inventory } from "../inventory/database.ts";
import { getInstance, listInstances } from "../inventory/instances.ts";
import { getNode } from "../inventory/nodes.ts";
import { toLiveRun, toRunChange } from "../runs/present.ts";
import type { Runner } from "../runs/runner.ts";
import { instanceStatus, nodeStatus, readStatus, type StatusDependencies } from "../status/status.ts";

/** Sampled every second in any case, so that the past is as fine as the present; sent at once while somebody looks. */
const watched = { intervalSeconds: 1, batchSeconds: 1 };
const calm = { intervalSeconds: 1, batchSeconds: 5 };

export interface LiveChangesDependencies extends StatusDependencies {
  inventory: Inventory;
  hub: Hub;
  runner: Runner;
  alerts: Pick<AlertsRoom, "events" | "count">;
  /** Has the listener called after each change of the fleet file. */
  onFleetChange: (listener: () => Promise<void>) => void;
  onFailure: (error: unknown) => void;
}

export function createLiveChanges(dependencies: LiveChangesDependencies): LiveApi {
  const { hub, runner, inventory, alerts, onFleetChange, onFailure } = dependencies;
  const changes = new EventEmitter<{ change: [LiveEvent] }>();
  changes.setMaxListeners(0);
  const emit = (event: LiveEvent) => changes.emit("change", event);
  let watchers = 0;
  let telling = Promise.resolve();
  hub.setSampling(null, calm);

  async function nodeChanged(name: string, presence?: NodePresence): Promise<void> {
    const node = await getNode(inventory.database, name);
    if (node === null) emit({ topic: "status", event: "node.gone", data: { name } });
    else emit({ topic: "status", event: "node", data: nodeStatus(node, presence) });
  }

  async function instanceChanged(name: string): Promise<void> {
    const instance = await getInstance(inventory.database, name);
    if (instance === null) emit({ topic: "status", event: "instance.gone", data: { name } });
    else emit({ topic: "status", event: "instance", data: instanceStatus(instance, hub.connection(instance.node)) });
  }

  /** A node that went offline takes the states of its instances with it, and brings them back. */
  async function instancesOfNodeChanged(node: string): Promise<void> {
    for (const instance of await listInstances(inventory.database, node)) {
      emit({ topic: "status", event: "instance", data: instanceStatus(instance, hub.connection(node)) });
    }
  }

  /**
   * A large fleet connects and leaves all at once: what nobody listens to is not read. One after the other, so that what
   * was read before something was gone is not told after it.
   */
  function tell(change: () => Promise<void>): void {
    if (changes.listenerCount("change") > 0) telling = telling.then(change).catch(onFailure);
  }

  hub.events.on("node", (presence) => {
    tell(async () => {
      await nodeChanged(presence.node, presence);
      await instancesOfNodeChanged(presence.node);
    });
  });
  hub.events.on("node.gone", ({ node }) => tell(() => nodeChanged(node)));
  // No agent tells of what the file has no longer and no node ever had, nor of a node that is yet to come.
  onFleetChange(async () => {
    tell(async () => void emit({ topic: "status", event: "status", data: await readStatus(dependencies) }));
  });
  hub.events.on("instance", ({ instance }) => tell(() => instanceChanged(instance.instance)));
  hub.events.on("instance.gone", ({ name }) => tell(() => instanceChanged(name)));
  hub.events.on("samples", (data: LiveSamples) => emit({ topic: "samples", event: "samples", data }));
  alerts.events.on("change", (data) => emit({ topic: "status", event: "alerts", data }));
  runner.events.on("run", (run, changed) => {
    if (changes.listenerCount("change") === 0) return;
    if (changed === undefined) emit({ topic: "runs", event: "run", data: toLiveRun(run) });
    else emit({ topic: "runs", event: "run.change", data: toRunChange(run, changed) });
  });
  runner.events.on("phases", (run, step, phases) => {
    emit({ topic: "runs", event: "run.phases", data: { run, step, phases: [...phases] } });
  });
  runner.events.on("lines", (run, lines) => {
    for (const line of lines) emit({ topic: "runs", event: "log", data: { ...line, run } });
  });

  return {
    status: () => readStatus(dependencies),
    alerts: () => alerts.count(),
    run: async (id) => toLiveRun(await runner.get(id)),
    logs: (id) => runner.logs(id),
    subscribe(listener, signal) {
      changes.on("change", listener);
      whenAborted(signal, () => changes.off("change", listener));
    },
    watchSamples(signal) {
      watchers += 1;
      if (watchers === 1) hub.setSampling(null, watched);
      whenAborted(signal, () => {
        watchers -= 1;
        if (watchers === 0) hub.setSampling(null, calm);
      });
    },
  };
}
