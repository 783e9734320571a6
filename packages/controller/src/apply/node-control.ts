/** Nodes added and removed by command: edits of the same desired state that the fleet file gives. */
import type { Run } from "@berth/shared/api/runs";
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import { removeFromFleet, setInFleet } from "@berth/shared/fleet/edit";
import { placements } from "@berth/shared/fleet/instances";
import type { Fleet, SshAccess } from "@berth/shared/fleet/schema";
import type { FleetControl } from "./apply.ts";
import type { FleetStore } from "./fleet-store.ts";

export interface NodeControlDependencies {
  control: Pick<FleetControl, "replace">;
  store: FleetStore;
  catalog: Catalog;
  /** Revokes the node's certificates and forgets it. */
  forget: (node: string) => Promise<void>;
  /** Takes the agent off the host over SSH, with everything it brought. */
  uninstall: (node: string, fleet: Fleet) => Promise<void>;
  createJoinToken: (request: { node: string; validSeconds: number }) => Promise<{ token: string; expiresAt: Date }>;
  /** The line that installs an agent with a token. */
  installCommand: (token: string, fleet: Fleet) => Promise<string>;
}

export function createNodeControl(dependencies: NodeControlDependencies) {
  const { control, store, catalog } = dependencies;

  /** Puts the node into the desired state unless it is there already, exactly so. */
  async function put(
    name: string,
    node: { address: string; ssh: SshAccess | false },
    account: string,
  ): Promise<Run | null> {
    const { yaml, fleet } = await present();
    const known = fleet.nodes[name];
    if (known !== undefined && known.address !== node.address) {
      throw new BerthError("conflict", `Node '${name}' exists with the address ${known.address}`, {
        hint: "Choose another name, or remove it first with `berth node remove`",
      });
    }
    const text = known === undefined ? setInFleet(yaml, ["nodes", name], node) : yaml;
    const { run } = await control.replace(text, {
      account,
      kind: "node.add",
      only: (operation) => operation.node === name,
    });
    return run;
  }

  async function present(): Promise<{ yaml: string; fleet: Fleet }> {
    const found = await store.current();
    if (found !== null) return found;
    throw new BerthError("not-found", "No fleet was applied yet", {
      hint: "Apply a fleet file first: it names the fleet, its domain and the controller's address",
    });
  }

  return {
    add: (node: { name: string; address: string; ssh: SshAccess }, account: string) =>
      put(node.name, { address: node.address, ssh: node.ssh }, account),

    async createToken(request: { name: string; address: string; validSeconds: number }, account: string) {
      const { fleet } = await present();
      if (fleet.nodes[request.name] === undefined)
        await put(request.name, { address: request.address, ssh: false }, account);
      const { token, expiresAt } = await dependencies.createJoinToken({
        node: request.name,
        validSeconds: request.validSeconds,
      });
      return { token, command: await dependencies.installCommand(token, fleet), expiresAt: expiresAt.toISOString() };
    },

    /** The LXC itself stays: destroying what holds data is not what removing a node from the fleet asks for. */
    async remove(name: string, options: { force: boolean; uninstall: boolean; account: string }) {
      const { yaml, fleet } = await present();
      if (fleet.nodes[name] === undefined) throw new BerthError("not-found", `No node is named '${name}'`);
      refuseWhileUsed(fleet, name, catalog);
      const uninstalled = options.uninstall && (await tryUninstall(name, fleet, options.force));
      await dependencies.forget(name);
      await control.replace(removeFromFleet(yaml, ["nodes", name]), {
        account: options.account,
        kind: "node.remove",
        only: () => false,
      });
      return { removed: true, uninstalled };
    },
  };

  async function tryUninstall(name: string, fleet: Fleet, force: boolean): Promise<boolean> {
    try {
      await dependencies.uninstall(name, fleet);
      return true;
    } catch (error) {
      if (force) return false;
      throw error;
    }
  }
}

function refuseWhileUsed(fleet: Fleet, name: string, catalog: Catalog): void {
  const instances = placements(fleet, catalog).filter(({ node }) => node === name);
  const tenant = Object.entries(fleet.tenants).find(([, { node }]) => node === name)?.[0];
  if (instances.length === 0 && tenant === undefined) return;
  const what = instances.length > 0 ? instances.map(({ instance }) => instance).join(", ") : `tenant '${tenant}'`;
  throw new BerthError("conflict", `Node '${name}' is asked to hold ${what}`, {
    hint: "Take them out of the fleet file and apply it with --prune first",
  });
}
