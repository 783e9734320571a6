/** Nodes added and removed by command: edits of the same desired state that the fleet file gives. */
import type { createJoinToken, removeNode } from "@berth/shared/api/nodes";
import type { Run } from "@berth/shared/api/runs";
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError, toBerthError } from "@berth/shared/errors";
import { removeFromFleet, setInFleet } from "@berth/shared/fleet/edit";
import { placements } from "@berth/shared/fleet/instances";
import type { Fleet, SshAccess } from "@berth/shared/fleet/schema";
import type * as z from "zod";
import type { FleetControl } from "./apply.ts";
import { type FleetStore, noFleetYet, type StoredFleet } from "./fleet-store.ts";

export interface NodeControlDependencies {
  control: Pick<FleetControl, "edit">;
  store: FleetStore;
  catalog: Catalog;
  /** Looks whether the host answers SSH and can be a node; changes nothing on it. */
  inspect: (node: NewNode) => Promise<void>;
  /** Whether an agent of the node ever enrolled. */
  isEnrolled: (node: string) => boolean;
  /** Revokes the node's certificates and forgets it. */
  forget: (node: string) => Promise<void>;
  /** Takes the agent off the host over SSH, with everything it brought. */
  uninstall: (node: string, fleet: Fleet) => Promise<void>;
  /** The line that takes the agent off, when run on the host. */
  uninstallCommand: (fleet: Fleet) => Promise<string>;
  createJoinToken: (request: { node: string; validSeconds: number }) => Promise<{ token: string; expiresAt: Date }>;
  /** The line that installs an agent with a token, on the host that has the address. */
  installCommand: (token: string, address: string, fleet: Fleet) => Promise<string>;
}

export interface NewNode {
  name: string;
  address: string;
  ssh: SshAccess;
}

export interface NodeControl {
  /** Takes a host in that exists. One that does not answer or cannot be a node stays out of the desired state. */
  add: (node: NewNode, account: string) => Promise<Run | null>;
  createToken: (
    request: { name: string; address?: string | undefined; validSeconds: number },
    account: string,
  ) => Promise<z.output<(typeof createJoinToken)["response"]>>;
  /** The LXC itself stays: destroying what holds data is not what removing a node from the fleet asks for. */
  remove: (
    name: string,
    options: { force: boolean; uninstall: boolean; account: string },
  ) => Promise<z.output<(typeof removeNode)["response"]>>;
}

export function createNodeControl(dependencies: NodeControlDependencies): NodeControl {
  const { control, store, catalog } = dependencies;

  /** Puts the node into the desired state unless it is there already, exactly so. */
  async function put(
    name: string,
    node: { address: string; ssh: SshAccess | false },
    account: string,
  ): Promise<Run | null> {
    const edit = ({ yaml, fleet }: StoredFleet) => {
      refuseTaken(fleet, name, node.address);
      return { text: fleet.nodes[name] === undefined ? setInFleet(yaml, ["nodes", name], node) : yaml };
    };
    const { run } = await control.edit(edit, {
      account,
      kind: "node.add",
      only: ({ node: where, kind }) => where === name || kind === "firewall.ensure",
    });
    return run;
  }

  async function present(): Promise<Fleet> {
    const found = await store.current();
    if (found !== null) return found.fleet;
    throw noFleetYet("Apply a fleet file first: it names the fleet, its domain and the controller's address");
  }

  /** Whether the agent is off the host now. */
  async function tryUninstall(name: string, fleet: Fleet, force: boolean): Promise<boolean> {
    // Where Berth has no SSH, only somebody on the host can.
    if (fleet.nodes[name]?.ssh === false) return false;
    try {
      await dependencies.uninstall(name, fleet);
      return true;
    } catch (error) {
      if (force) return false;
      throw stays(name, toBerthError(error));
    }
  }

  return {
    async add(node, account) {
      const fleet = await present();
      refuseTaken(fleet, node.name, node.address);
      if (fleet.nodes[node.name] === undefined) {
        await dependencies.inspect(node).catch((error: unknown) => {
          throw staysOut(node.name, toBerthError(error));
        });
      }
      return put(node.name, { address: node.address, ssh: node.ssh }, account);
    },

    async createToken({ name, validSeconds, ...request }, account) {
      const fleet = await present();
      const known = fleet.nodes[name];
      const address = request.address ?? known?.address;
      if (address === undefined) {
        throw new BerthError("request.invalid", `Node '${name}' is not in the fleet: its address is needed`, {
          hint: `\`berth node token ${name} ADDRESS\``,
        });
      }
      refuseTaken(fleet, name, address);
      if (known === undefined) await put(name, { address, ssh: false }, account);
      const { token, expiresAt } = await dependencies.createJoinToken({ node: name, validSeconds });
      const command = await dependencies.installCommand(token, address, fleet);
      return { token, command, expiresAt: expiresAt.toISOString(), address, added: known === undefined };
    },

    async remove(name, { account, ...options }) {
      const fleet = await present();
      if (fleet.nodes[name] === undefined) throw new BerthError("not-found", `No node is named '${name}'`);
      refuseWhileUsed(fleet, name, catalog);
      const enrolled = dependencies.isEnrolled(name);
      const uninstalls = options.uninstall && enrolled;
      const uninstalled = uninstalls && (await tryUninstall(name, fleet, options.force));
      // The other nodes no longer let it in.
      const { run } = await control.edit(({ yaml }) => ({ text: removeFromFleet(yaml, ["nodes", name]) }), {
        account,
        kind: "node.remove",
        only: ({ kind }) => kind === "firewall.ensure",
      });
      await dependencies.forget(name);
      const uninstallCommand = uninstalls && !uninstalled ? await dependencies.uninstallCommand(fleet) : null;
      return { removed: true, enrolled, uninstalled, uninstallCommand, run };
    },
  };
}

/** Nothing was written: the fleet is as it was. */
function staysOut(name: string, { code, message, hint }: BerthError): BerthError {
  return new BerthError(code, `Node '${name}' was not added: ${message}`, hint === undefined ? {} : { hint });
}

/** The agent is on the host still, and the node therefore in the fleet. */
function stays(name: string, { code, message, hint }: BerthError): BerthError {
  const force = `\`berth node remove ${name} --force\` removes the node although its agent stays on the host, where it can do nothing any more.`;
  return new BerthError(code, `The agent of '${name}' could not be taken off its host: ${message}`, {
    hint: hint === undefined ? force : `${force} ${hint}`,
  });
}

/** A name has one address, and an address one name. */
function refuseTaken(fleet: Fleet, name: string, address: string): void {
  const known = fleet.nodes[name];
  if (known !== undefined && known.address !== address) {
    throw new BerthError("conflict", `Node '${name}' exists with the address ${known.address}`, {
      hint: "Choose another name, or remove it first with `berth node remove`",
    });
  }
  const holder = Object.entries(fleet.nodes).find(([other, node]) => other !== name && node.address === address)?.[0];
  if (holder !== undefined) throw new BerthError("conflict", `${address} is the address of node '${holder}'`);
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
