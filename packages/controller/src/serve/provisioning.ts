/** How nodes come to be and cease: LXCs, agents over SSH, the line for hosts that nobody can reach, and what they download. */
import { join, resolve } from "node:path";
import { BerthError } from "@berth/shared/errors";
import type { Fleet, FleetNode } from "@berth/shared/fleet/schema";
import type { OperationInput } from "@berth/shared/operations/index";
import type { Authority } from "../agents/authority/authority.ts";
import type { AgentBundle, Hub } from "../agents/types.ts";
import { type FleetStore, noFleetYet } from "../apply/fleet-store.ts";
import { locateProxmox } from "../apply/locate.ts";
import type { NewNode } from "../apply/node-control.ts";
import type { Inventory } from "../inventory/database.ts";
import { getNode, setNodeSshHostKey, setNodeVmid } from "../inventory/nodes.ts";
import { agentInput } from "../plan/desired.ts";
import { prepareDownloads, type Download, type Downloads } from "../provision/install/downloads.ts";
import { createAgentEnsureHandler } from "../provision/install/handler.ts";
import {
  installCommand,
  type InstallScriptOptions,
  renderInstallScript,
  type ScriptAddress,
  uninstallCommand,
} from "../provision/install/install-script.ts";
import { inspectHost } from "../provision/install/inspect.ts";
import { removeAgent } from "../provision/install/remove.ts";
import { serverKeyPin } from "../provision/install/server-key-pin.ts";
import { createLxcEnsureHandler } from "../provision/proxmox/handler.ts";
import { removeLxc } from "../provision/proxmox/remove.ts";
import type { SshAccess } from "../provision/install/reach.ts";
import { openSshKey, type SshKey } from "../provision/ssh/key.ts";
import type { OperationHandler } from "../runs/handlers.ts";
import { statePaths, type ServeOptions } from "./options.ts";
import { version } from "./version.ts";

export interface Provisioning {
  lxcEnsure: OperationHandler<"lxc.ensure">;
  lxcRemove: OperationHandler<"lxc.remove">;
  agentEnsure: OperationHandler<"agent.ensure">;
  /** What the TLS listener offers to hosts and agents; prepared at the first call. */
  downloads: () => Promise<Download[]>;
  /** The agent of the controller's own version. */
  agentBundle: () => Promise<AgentBundle>;
  /** The script that installs or removes an agent without SSH; it holds no secret. */
  installScript: (architecture: InstallScriptOptions["architecture"]) => Promise<string>;
  /** The line that fetches the script and installs with a join token, on the host that has the address. */
  installCommand: (joinToken: string, address: string, fleet: Fleet) => Promise<string>;
  /** The line that fetches the script and takes the agent off the host. */
  uninstallCommand: (fleet: Fleet) => Promise<string>;
  /** Looks whether a host can be a node, before it is one. @throws BerthError host.unreachable, host.unsupported … */
  inspect: (node: NewNode) => Promise<void>;
  /** Takes the agent off a node of the fleet over SSH; its containers stay. @throws BerthError host.unreachable … */
  uninstall: (node: string, fleet: Fleet) => Promise<void>;
}

export interface ProvisioningDependencies {
  options: ServeOptions;
  inventory: Inventory;
  authority: Authority;
  hub: Hub;
  store: FleetStore;
  /** The present fleet, without waiting. */
  fleet: () => Fleet | null;
  /** Revokes the node's certificates and takes it out of the inventory. */
  forgetNode: (node: string) => Promise<void>;
  /** PEM of the certificate that the TLS listener presents. */
  serverCertificate: () => Promise<string>;
}

const uninstallMilliseconds = 150_000;
const inspectMilliseconds = 90_000;

type AgentInput = OperationInput<"agent.ensure">;

/** The build puts the agent beside the controller's own files. */
const agentBundleDirectory = join(import.meta.dirname, "agent");

export function createProvisioning(dependencies: ProvisioningDependencies): Provisioning {
  const { options, inventory, authority, hub, store } = dependencies;
  const paths = statePaths(options.stateDirectory);
  let downloads: Promise<Downloads> | undefined;
  let key: Promise<SshKey> | undefined;

  function prepared(): Promise<Downloads> {
    downloads ??= prepareDownloads({ directory: paths.downloads, agentBundle: agentBundleDirectory, version });
    // Not kept when it failed: what was missing may be there at the next try.
    downloads.catch(() => (downloads = undefined));
    return downloads;
  }

  function sshKey(): Promise<SshKey> {
    key ??= openSshKey({ directory: paths.ssh });
    return key;
  }

  const access: SshAccess = {
    sshKey,
    hostKeys: {
      get: async (node) => (await getNode(inventory.database, node))?.sshHostKey ?? null,
      set: (node, fingerprint) => setNodeSshHostKey(inventory.database, node, fingerprint),
    },
  };
  const agentEnsure = createAgentEnsureHandler({
    ...access,
    controllerUrl: () => controllerUrl(dependencies.fleet()),
    caFingerprint: () => authority.caFingerprint,
    createJoinToken: (request) => hub.createJoinToken(request),
    waitOnline: (node, wait) => hub.waitOnline(node, wait),
    downloads: prepared,
    makesLxc: (node) => dependencies.fleet()?.nodes[node]?.proxmox !== undefined,
  });

  /** Files that the fleet names are on the controller's machine, under its configuration directory. */
  function located<Input extends AgentInput>(input: Input): Input {
    const { identityFile } = input.ssh;
    if (identityFile === null) return input;
    return { ...input, ssh: { ...input.ssh, identityFile: resolve(options.configurationDirectory, identityFile) } };
  }

  function overSsh(name: string, node: FleetNode | undefined): AgentInput {
    const input = node === undefined ? null : agentInput(name, node, version);
    if (input === null) throw new BerthError("ssh.failed", `Berth has no SSH access to node '${name}'`);
    return located(input);
  }

  async function script(fleet: Fleet): Promise<ScriptAddress> {
    return { controllerUrl: controllerUrl(fleet), serverKeyPin: serverKeyPin(await dependencies.serverCertificate()) };
  }

  return {
    lxcEnsure: createLxcEnsureHandler({
      fleet: async () => (await store.require()).fleet,
      connection: async (name) => locateProxmox(await store.require(), name, options.configurationDirectory),
      publicKey: async () => (await sshKey()).publicKey,
      forgetHostKey: (node) => setNodeSshHostKey(inventory.database, node, null),
      keepVmid: (node, vmid) => setNodeVmid(inventory.database, node, vmid),
    }),
    lxcRemove: async ({ input, log, signal }) => {
      const fleet = await store.require();
      const connection = locateProxmox(fleet, input.proxmox, options.configurationDirectory);
      const sought = { fleet: fleet.fleet, node: input.node, vmid: null };
      const vmid = await removeLxc(connection, sought, { log, signal });
      await dependencies.forgetNode(input.node);
      return { removed: vmid !== null };
    },
    agentEnsure: (context) => agentEnsure({ ...context, input: located(context.input) }),
    downloads: async () => (await prepared()).list(),
    agentBundle: async () => {
      const { agent } = await prepared();
      return { version, path: agent.path, sha256: agent.sha256 };
    },
    installScript: async (architecture) =>
      renderInstallScript({
        controllerUrl: controllerUrl(dependencies.fleet()),
        caPem: authority.caPem,
        downloads: await prepared(),
        architecture,
      }),
    installCommand: async (joinToken, nodeAddress, fleet) =>
      installCommand({ ...(await script(fleet)), joinToken, nodeAddress }),
    uninstallCommand: async (fleet) => uninstallCommand(await script(fleet)),
    inspect: async ({ name, ...node }) => {
      const progress = { log: () => undefined, signal: AbortSignal.timeout(inspectMilliseconds) };
      const { caFingerprint } = authority;
      await inspectHost(overSsh(name, node), { ...access, caFingerprint }, progress);
    },
    uninstall: async (node, fleet) => {
      const progress = { log: () => undefined, signal: AbortSignal.timeout(uninstallMilliseconds) };
      await removeAgent(overSsh(node, fleet.nodes[node]), { containers: false }, access, progress);
    },
  };
}

function controllerUrl(fleet: Fleet | null): string {
  if (fleet === null) throw noFleetYet();
  return `https://${fleet.controller.address}:${fleet.controller.port}`;
}
