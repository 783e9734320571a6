/** What of a live stream an account may see: the scope is asked for at each event, for a fleet changes meanwhile. */
import { isVisibleInstance, scopedNode, scopedSamples, scopedStatus, type Scope } from "../accounts/scope.ts";
import type { LiveEvent } from "./live.ts";

/** Gives the event as it may be seen; null: not at all. */
export type Narrow = (event: LiveEvent) => LiveEvent | null;

/** For one stream: it remembers which nodes and instances it told of, since what is gone is in no scope any more. */
export function createNarrowing(scopeNow: () => Scope | null): Narrow {
  const toldNodes = new Set<string>();
  const toldInstances = new Set<string>();
  return (event) => {
    const scope = scopeNow();
    if (scope === null) return event;
    switch (event.event) {
      case "status": {
        const data = scopedStatus(event.data, scope);
        for (const { name } of data.nodes) toldNodes.add(name);
        for (const { name } of data.instances) toldInstances.add(name);
        return { ...event, data };
      }
      case "node": {
        const data = scopedNode(event.data, scope);
        if (data === null) return null;
        toldNodes.add(data.name);
        return { ...event, data };
      }
      case "node.gone":
        return toldNodes.delete(event.data.name) ? event : null;
      case "instance":
        if (!isVisibleInstance(event.data, scope)) return null;
        toldInstances.add(event.data.name);
        return event;
      case "instance.gone":
        return toldInstances.delete(event.data.name) ? event : null;
      case "samples": {
        const data = scopedSamples(event.data, scope);
        return data === null ? null : { ...event, data };
      }
      case "run":
      case "run.change":
      case "run.phases":
      case "log":
      case "alerts":
        return null;
    }
  };
}
