import { join } from "node:path";
import * as z from "zod";

/** What an LXC of the lab is to be, in plain units; the Proxmox VE stand-in derives it from a guest's configuration. */
export const guestSpecSchema = z.object({
  vmid: z.int().min(100).max(999_999_999),
  hostname: z.string(),
  /** Cores it sees and may use; undefined is all of the machine. */
  cores: z.int().positive().optional(),
  /** Share of CPU time in cores, such as 1.5; undefined is no limit. */
  cpuLimit: z.number().positive().optional(),
  memoryBytes: z.int().positive(),
  swapBytes: z.int().nonnegative(),
  network: z
    .object({
      interfaceName: z.string(),
      hardwareAddress: z.string(),
      /** "10.0.6.10/24"; undefined leaves the interface without one. */
      address: z.string().optional(),
      gateway: z.string().optional(),
      isLinkDown: z.boolean(),
    })
    .optional(),
  nameserver: z.string().optional(),
  searchDomain: z.string().optional(),
});
export type GuestSpec = z.infer<typeof guestSpecSchema>;

/** Where the LXCs of one lab live. Names and paths are the lab's own, so that two labs never meet. */
export interface GuestHost {
  /** "berth-lab-NAME", the parent cgroup of all guests. */
  cgroup: string;
  namespace: string;
  /** LXC's own path: holds one folder per guest, named by its vmid. */
  guestsDirectory: string;
  lxcfsDirectory: string;
}

export interface GuestPaths {
  directory: string;
  lxcConfig: string;
  lxcLog: string;
  disk: string;
  /** Exists when the file system is to fill its grown disk with the next start. */
  pendingGrowth: string;
  mountPoint: string;
  snapshotsDirectory: string;
}

export function guestPaths(guestsDirectory: string, vmid: number): GuestPaths {
  const directory = join(guestsDirectory, String(vmid));
  return {
    directory,
    lxcConfig: join(directory, "config"),
    lxcLog: join(directory, "lxc.log"),
    disk: join(directory, "rootfs.ext4"),
    pendingGrowth: join(directory, "grow"),
    mountPoint: join(directory, "rootfs"),
    snapshotsDirectory: join(directory, "snapshots"),
  };
}

/** The cgroup of a guest, and the one of its monitor process beside it. */
export function guestCgroup(host: Pick<GuestHost, "cgroup">, vmid: number): { guest: string; monitor: string } {
  return { guest: `${host.cgroup}/${vmid}`, monitor: `${host.cgroup}/${vmid}.monitor` };
}
