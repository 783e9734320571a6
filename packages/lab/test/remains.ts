import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { cgroupDirectories } from "../src/host/cgroups.ts";
import { isMissingFile } from "../src/host/files.ts";
import { loopDevicesBelow, mountsBelow } from "../src/host/mounts.ts";
import { findMarkedProcesses } from "../src/host/processes.ts";
import { listNamespaces } from "../src/network/namespace.ts";
import { scopeOf, stateDirectoryOf } from "../src/state.ts";

/** Everything on this machine that would be a trace of a lab. */
export async function findRemains(name: string): Promise<Record<string, unknown[]>> {
  const stateDirectory = stateDirectoryOf(name);
  const scope = scopeOf(name);
  return {
    mounts: await mountsBelow(stateDirectory),
    loopDevices: await loopDevicesBelow(stateDirectory),
    namespaces: (await listNamespaces()).filter((namespace) => namespace === scope),
    cgroups: await cgroupDirectories(scope),
    processes: await findMarkedProcesses(stateDirectory),
    state: await listIfPresent(stateDirectory),
    sockets: await listIfPresent(join("/run/berth-lab", name)),
  };
}

export const nothing = {
  mounts: [],
  loopDevices: [],
  namespaces: [],
  cgroups: [],
  processes: [],
  state: [],
  sockets: [],
};

async function listIfPresent(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissingFile(error)) return [];
    throw error;
  }
}
