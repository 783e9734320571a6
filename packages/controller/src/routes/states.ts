/** What of an instance counts for its route: its state, and that it is upgraded. Pure. */
import type { InstanceState } from "@berth/shared/protocol/state";
import type { NodePresence } from "../agents/types.ts";
import type { InstanceRecord } from "../inventory/instances.ts";
import type { UpgradeInstance } from "../inventory/upgrades.ts";
import type { StateOf } from "./resolve.ts";

/**
 * How long the last word of an agent that is away counts. Its instances serve on meanwhile: were it less than a restart
 * of the controller takes, each restart would take every route down. Of a node that died the router learns by itself.
 */
const graceMilliseconds = 60_000;

/** An upgrade takes seconds to minutes. One that hangs for longer leaves the instance to its state. */
const upgradeMilliseconds = 15 * 60_000;

export interface Sighting {
  instances: readonly Pick<InstanceRecord, "name" | "node" | "state">[];
  presence: (node: string) => Pick<NodePresence, "state" | "lastSeen"> | undefined;
  /** Both in milliseconds since the epoch. The controller sees no agent before it has started. */
  now: number;
  startedAt: number;
}

/** The states as agents told them; `unknown` where one has been away for too long, `missing` where none told any. */
export function routedStates({ instances, presence, now, startedAt }: Sighting): StateOf {
  const states = new Map<string, InstanceState>(
    instances.map(({ name, node, state }) => {
      const seen = presence(node);
      if (seen?.state === "online") return [name, state];
      const awaySince = Math.max(seen?.lastSeen ?? 0, startedAt);
      return [name, seen !== undefined && now - awaySince < graceMilliseconds ? state : "unknown"];
    }),
  );
  return (instance) => states.get(instance) ?? "missing";
}

/** Of the upgrades that have not ended: names of the instances whose routes stay, since these answered before. */
export function stillRouted(
  unfinished: readonly Pick<UpgradeInstance, "instance" | "phase" | "routeBefore" | "startedAt" | "stoppedAt">[],
  now: number,
): Set<string> {
  const isOnItsWay = ({ phase, routeBefore, startedAt, stoppedAt }: (typeof unfinished)[number]): boolean =>
    phase !== "begun" && routeBefore === null && now - Date.parse(stoppedAt ?? startedAt) < upgradeMilliseconds;
  return new Set(unfinished.filter(isOnItsWay).map(({ instance }) => instance));
}
