import type { ProxmoxConnection } from "@berth/shared/fleet/schema";
import type { OperationHandler } from "../../runs/handlers.ts";
import { type Creations, newCreations } from "./create.ts";
import { ensureLxc } from "./ensure.ts";

export interface LxcEnsureDependencies {
  /** Name of the fleet. */
  fleet: () => Promise<string> | string;
  /** The connection of this name; throws `not-found`. */
  connection: (name: string) => Promise<ProxmoxConnection> | ProxmoxConnection;
  /** Line of Berth's own public SSH key. */
  publicKey: () => Promise<string> | string;
  /** Forgets the SSH host key of a node, because its LXC is about to be made anew. */
  forgetHostKey: (node: string) => Promise<void> | void;
  /** Keeps the VMID of the node's LXC. */
  keepVmid: (node: string, vmid: number) => Promise<void> | void;
}

/** The handler of `lxc.ensure`. One for the whole controller: it keeps creations at the same time apart. */
export function createLxcEnsureHandler(dependencies: LxcEnsureDependencies): OperationHandler<"lxc.ensure"> {
  const creations = new Map<string, Creations>();
  return async ({ input, log, signal, phases }) => {
    const connection = await dependencies.connection(input.proxmox);
    const place = `${connection.host}:${connection.port}/${connection.node}`;
    const known = creations.get(place) ?? newCreations();
    creations.set(place, known);
    const ensured = await ensureLxc(
      {
        connection,
        fleet: await dependencies.fleet(),
        wanted: input,
        publicKey: await dependencies.publicKey(),
        creations: known,
        beforeCreate: () => dependencies.forgetHostKey(input.node),
      },
      { log, signal, phases },
    );
    await dependencies.keepVmid(input.node, ensured.vmid);
    return ensured;
  };
}
