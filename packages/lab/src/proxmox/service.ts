import { join } from "node:path";
import { rm } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";
import { readIfPresent } from "../host/files.ts";
import { findLongLived, isRunning, startLongLived, stopLongLived } from "../host/processes.ts";
import { waitFor } from "../host/wait.ts";
import { bridge, inNamespace } from "../network/namespace.ts";
import { controllerTokenId, ensureCredentials } from "./access.ts";
import { ensureCertificate } from "./certificate.ts";

const processName = "proxmox";
export const proxmoxNode = "pve";
export const proxmoxPort = 8006;

/** Holds the process id of the stand-in once it listens. */
export function readyFile(stateDirectory: string): string {
  return join(stateDirectory, "proxmox", "ready");
}

export interface ProxmoxAccess {
  host: string;
  port: number;
  node: string;
  caFile: string;
  tokenId: string;
  tokenSecretFile: string;
  rootPasswordFile: string;
}

/** Starts the stand-in unless it runs, and waits until it listens. Credentials and certificate outlive restarts. */
export async function ensureProxmox(lab: string, namespace: string, stateDirectory: string): Promise<ProxmoxAccess> {
  const directory = join(stateDirectory, "proxmox");
  const { tokenSecretFile, rootPasswordFile } = await ensureCredentials(directory);
  const { caFile } = await ensureCertificate(directory, {
    addresses: [bridge.address, "127.0.0.1"],
    dnsNames: [proxmoxNode, "localhost"],
  });
  if ((await findLongLived(stateDirectory, processName)) === undefined) await start(lab, namespace, stateDirectory);
  return {
    host: bridge.address,
    port: proxmoxPort,
    node: proxmoxNode,
    caFile,
    tokenId: controllerTokenId,
    tokenSecretFile,
    rootPasswordFile,
  };
}

async function start(lab: string, namespace: string, stateDirectory: string): Promise<void> {
  await rm(readyFile(stateDirectory), { force: true });
  const identity = await startLongLived({
    name: processName,
    argv: inNamespace(namespace, [process.execPath, join(import.meta.dirname, "main.ts"), "--lab", lab]),
    stateDirectory,
  });
  await waitFor({
    what: "The Proxmox VE stand-in's API",
    deadlineMs: 60_000,
    check: async () => {
      if ((await readIfPresent(readyFile(stateDirectory))) === String(identity.pid)) return true;
      if (await isRunning(identity)) return undefined;
      throw new BerthError("lab.failed", "The Proxmox VE stand-in ended before it listened", {
        hint: `See ${join(stateDirectory, "log", `${processName}.log`)}`,
      });
    },
  });
}

export function stopProxmox(stateDirectory: string): Promise<void> {
  return stopLongLived(stateDirectory, processName);
}
