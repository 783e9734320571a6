import { BerthError } from "@berth/shared/errors";
import { join } from "node:path";
import { mkdir } from "node:fs/promises";
import { ensureLxcfs } from "./containers/lxcfs.ts";
import { ensurePool, ensurePooledTemplate } from "./containers/pool.ts";
import { withLock } from "./host/lock.ts";
import { ensurePackages, requireSuitableMachine } from "./host/packages.ts";
import { setGuestLink } from "./network/guest-link.ts";
import { bridge, ensureNamespace } from "./network/namespace.ts";
import { type OnProgress, PartTimer } from "./progress.ts";
import { parsePropertyString } from "./proxmox/formats.ts";
import { GuestStore } from "./proxmox/guest-store.ts";
import { ensureProxmox, proxmoxNode } from "./proxmox/service.ts";
import { listRelays, startRelay } from "./relay/service.ts";
import { ensureTemplateImage, templateImagePath, templatePackagesPath } from "./rootfs/build.ts";
import { ensurePackageMirror } from "./rootfs/mirror.ts";
import { dockerTemplate, plainTemplate, templateVolume } from "./rootfs/definition.ts";
import {
  cacheDirectory,
  findLab,
  type Lab,
  makeStateDirectories,
  saveLab,
  scopeOf,
  stateDirectoryOf,
} from "./state.ts";
import { endProcesses, removeEverything } from "./teardown.ts";

export { loadLab } from "./state.ts";

const debianPackages = [
  "lxc",
  "lxcfs",
  "mmdebstrap",
  "iproute2",
  "e2fsprogs",
  "xfsprogs",
  "util-linux",
  "openssh-client",
] as const;
const registryPort = 5000;

export interface LabUpOptions {
  /** 1 to 20 of a-z, 0-9 and -. Labs of different names do not see each other, and use the same addresses. */
  name: string;
  onProgress?: OnProgress;
  /** Ports of 127.0.0.1 that are to lead to Unix sockets of the lab. */
  relays?: readonly { port: number; socketPath: string }[];
  /** Also offers the template without Docker, and the package mirror that goes with it. */
  withPlainTemplate?: boolean;
}

/** Makes a lab, or what is missing of it, and returns where everything is. A second call changes nothing. */
export async function labUp(options: LabUpOptions): Promise<Lab> {
  const scope = scopeOf(options.name);
  await requireSuitableMachine();
  const timer = new PartTimer(options.onProgress ?? (() => undefined));
  const templates = options.withPlainTemplate === true ? [dockerTemplate, plainTemplate] : [dockerTemplate];
  return withLock({ name: `lab ${options.name}`, deadlineMs: 1_200_000 }, async () => {
    const stateDirectory = await makeStateDirectories(options.name);
    await timer.run("packages", "Debian packages of the lab", () =>
      ensurePackages(debianPackages, (line) => timer.note("packages", line)),
    );
    await timer.run("template", "Template of the LXCs", async () => {
      await mkdir(cacheDirectory(), { recursive: true });
      for (const definition of templates) {
        await ensureTemplateImage(cacheDirectory(), definition, (line) => timer.note("template", line));
      }
    });
    await timer.run("namespace", `Network namespace ${scope}`, async () => {
      // What runs in a namespace that has lost its name can no longer be reached: it makes place for its successor.
      if (await ensureNamespace(scope)) await endProcesses(stateDirectory, scope);
    });
    await timer.run("pool", "Disk pool of the LXCs", async () => {
      const guestsDirectory = join(stateDirectory, "guests");
      await ensurePool(guestsDirectory);
      for (const definition of templates) {
        await ensurePooledTemplate(guestsDirectory, templateImagePath(cacheDirectory(), definition));
      }
    });
    await timer.run("lxcfs", "Virtual /proc of the LXCs", () => ensureLxcfs(stateDirectory));
    const proxmox = await timer.run("proxmox", "Stand-in for Proxmox VE", () =>
      ensureProxmox(options.name, scope, stateDirectory),
    );
    if (options.withPlainTemplate === true) {
      await timer.run("mirror", "Package mirror", () =>
        ensurePackageMirror(scope, stateDirectory, templatePackagesPath(cacheDirectory(), plainTemplate)),
      );
    }
    await timer.run("relays", "Relays to the main namespace", async () => {
      for (const relay of options.relays ?? []) await startRelay({ stateDirectory, ...relay });
    });
    const former = await findLab(options.name);
    const lab: Lab = {
      name: options.name,
      stateDirectory,
      namespace: scope,
      bridgeAddress: bridge.address,
      proxmox: {
        ...proxmox,
        storage: "local-lvm",
        template: templateVolume(dockerTemplate),
        ...(options.withPlainTemplate === true ? { plainTemplate: templateVolume(plainTemplate) } : {}),
        bridge: bridge.name,
      },
      registry: `${bridge.address}:${registryPort}`,
      ...(former?.registryCaFile === undefined ? {} : { registryCaFile: former.registryCaFile }),
      relays: await listRelays(stateDirectory),
      timings: timer.timings,
    };
    await saveLab(lab);
    return lab;
  });
}

export interface LabDownOptions {
  name: string;
  onProgress?: OnProgress;
}

/** Removes a lab without a trace, also after a crash and with half of its state. The caches stay. */
export async function labDown(options: LabDownOptions): Promise<void> {
  const stateDirectory = stateDirectoryOf(options.name);
  const timer = new PartTimer(options.onProgress ?? (() => undefined));
  await withLock({ name: `lab ${options.name}`, deadlineMs: 120_000 }, () =>
    timer.run("down", `Lab ${options.name} is being removed`, () =>
      removeEverything(stateDirectory, scopeOf(options.name)),
    ),
  );
}

/** Takes a node off the network, as if its plug had been pulled. Its address is that of net0, such as "10.0.6.10". */
export async function isolateNode(lab: Pick<Lab, "stateDirectory" | "namespace">, address: string): Promise<void> {
  await setGuestLink(lab.namespace, await findGuestByAddress(lab, address), "down");
}

/** Puts the plug back in. */
export async function reconnectNode(lab: Pick<Lab, "stateDirectory" | "namespace">, address: string): Promise<void> {
  await setGuestLink(lab.namespace, await findGuestByAddress(lab, address), "up");
}

/** The id of the LXC that has an address. */
export async function findGuestByAddress(lab: Pick<Lab, "stateDirectory">, address: string): Promise<number> {
  const store = new GuestStore(proxmoxNode, join(lab.stateDirectory, "proxmox", "lxc"));
  for (const vmid of await store.list()) {
    const net0 = (await store.find(vmid))?.config.net0;
    const assigned = net0 === undefined ? undefined : parsePropertyString(net0).get("ip");
    if (assigned?.split("/")[0] === address) return vmid;
  }
  throw new BerthError("not-found", `No LXC of the lab has the address ${address}`);
}
