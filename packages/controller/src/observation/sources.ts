/** Where observations really come from: the hub, Proxmox, the stores. */
import { BerthError } from "@berth/shared/errors";
import type { Fleet, ProxmoxConnection } from "@berth/shared/fleet/schema";
import type { Hub } from "../agents/types.ts";
import type { Stores } from "../needs/stores.ts";
import { observeLxcs } from "../provision/proxmox/observe.ts";
import type { ObservationSources } from "./observe.ts";

export interface SourceDependencies {
  hub: Pick<Hub, "connection" | "observe" | "waitOnline">;
  /** When the controller started, milliseconds since the epoch. */
  startedAt: number;
  stores: Stores;
  /** The connection with its file paths made absolute. */
  connection: (fleet: Fleet, name: string) => ProxmoxConnection;
  specifications: ObservationSources["specifications"];
}

const observeMilliseconds = 10_000;
/** Agents that lost their controller try again at least this often. */
const reconnectMilliseconds = 35_000;

export function createSources(fleet: Fleet, dependencies: SourceDependencies): ObservationSources {
  const { hub, stores } = dependencies;
  return {
    lxcs: async (proxmox) => {
      const found = await observeLxcs(dependencies.connection(fleet, proxmox), fleet.fleet);
      return new Map(found.map(({ node, ...lxc }) => [node, lxc]));
    },
    node: async (node) => {
      if (!(await isOnline(node, dependencies))) return null;
      const observation = await hub.observe(node, { timeoutMilliseconds: observeMilliseconds });
      if (observation.docker === "unreachable") {
        throw new BerthError("docker.failed", "its Docker engine does not answer", {
          hint: `See \`systemctl status docker\` on node '${node}'`,
        });
      }
      return observation;
    },
    specifications: dependencies.specifications,
    needs: (_, needs) => stores.observe(fleet, needs),
  };
}

/** Right after the controller's start, agents are still on their way back: not there yet is not gone. */
async function isOnline(node: string, { hub, startedAt }: SourceDependencies): Promise<boolean> {
  const state = hub.connection(node)?.state;
  if (state !== "offline") return state === "online";
  const timeoutMilliseconds = startedAt + reconnectMilliseconds - Date.now();
  if (timeoutMilliseconds <= 0) return false;
  return hub.waitOnline(node, { timeoutMilliseconds }).then(
    () => true,
    () => false,
  );
}
