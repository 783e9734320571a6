/** How nodes come to be: LXCs, agents over SSH, the line for hosts that nobody can reach, and what they download. */
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { Authority } from "../agents/authority/authority.ts";
import type { AgentBundle, Hub } from "../agents/types.ts";
import type { FleetStore } from "../apply/fleet-store.ts";
import { locateProxmox } from "../apply/locate.ts";
import type { Inventory } from "../inventory/database.ts";
import { getNode, setNodeSshHostKey } from "../inventory/nodes.ts";
import { prepareDownloads, type Download, type Downloads } from "../provision/install/downloads.ts";
import { createAgentEnsureHandler } from "../provision/install/handler.ts";
import { createLxcEnsureHandler } from "../provision/proxmox/handler.ts";
import { openSshKey, type SshKey } from "../provision/ssh/key.ts";
import type { OperationHandler } from "../runs/handlers.ts";
import { statePaths, type ServeOptions } from "./options.ts";
import { version } from "./version.ts";

export interface Provisioning {
  lxcEnsure: OperationHandler<"lxc.ensure">;
  agentEnsure: OperationHandler<"agent.ensure">;
  /** What the TLS listener offers to hosts and agents; prepared at the first call. */
  downloads: () => Promise<Download[]>;
  /** The agent of the controller's own version. */
  agentBundle: () => Promise<AgentBundle>;
}

export interface ProvisioningDependencies {
  options: ServeOptions;
  inventory: Inventory;
  authority: Authority;
  hub: Hub;
  store: FleetStore;
  /** The present fleet, without waiting. */
  fleet: () => Fleet | null;
}

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

  return {
    lxcEnsure: createLxcEnsureHandler({
      fleet: async () => (await store.require()).fleet,
      connection: async (name) => locateProxmox(await store.require(), name, options.configurationDirectory),
      publicKey: async () => (await sshKey()).publicKey,
      forgetHostKey: (node) => setNodeSshHostKey(inventory.database, node, null),
    }),
    agentEnsure: createAgentEnsureHandler({
      controllerUrl: () => controllerUrl(dependencies.fleet()),
      caFingerprint: () => authority.caFingerprint,
      createJoinToken: (request) => hub.createJoinToken(request),
      waitOnline: (node, wait) => hub.waitOnline(node, wait),
      downloads: prepared,
      sshKey,
      hostKeys: {
        get: async (node) => (await getNode(inventory.database, node))?.sshHostKey ?? null,
        set: (node, fingerprint) => setNodeSshHostKey(inventory.database, node, fingerprint),
      },
    }),
    downloads: async () => (await prepared()).list(),
    agentBundle: async () => {
      const { agent } = await prepared();
      return { version, path: agent.path, sha256: agent.sha256 };
    },
  };
}

function controllerUrl(fleet: Fleet | null): string {
  if (fleet === null)
    throw new BerthError("not-found", "No fleet was applied yet", { hint: "Start with `berth apply fleet.yaml`" });
  return `https://${fleet.controller.address}:${fleet.controller.port}`;
}
