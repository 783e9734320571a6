/** Which of a node's mounts are file systems that hold its files. Pure. */
import { longestPath } from "@berth/shared/protocol/disks";

export interface Mount {
  /** Major and minor number: the same for all mounts of one file system. */
  number: string;
  device: string;
  type: string;
  mountpoint: string;
  /** Of the file system: the whole of it, and not a directory that was bound somewhere. */
  isWhole: boolean;
  readOnly: boolean;
}

/** On disks, although their device has no number of its own. */
const pooledTypes = new Set(["btrfs", "zfs", "bcachefs"]);
/** Answered by another machine, or by a program: it may not answer. Other types of FUSE are no disks. */
const remoteTypes = new Set([
  ...["nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "virtiofs", "lustre", "beegfs"],
  ...["fuse.ceph", "fuse.glusterfs", "fuse.mergerfs", "fuse.sshfs", "fuseblk"],
]);
/** Made to be full. */
const imageTypes = new Set(["squashfs", "iso9660", "udf", "erofs", "cramfs"]);
/** Where engines mount what containers are made of. */
const ofContainers =
  /\/(?:docker|containerd)\/(?:zfs|btrfs|devicemapper|overlay2|containers|plugins|rootfs|io\.containerd)/;

type Place = Pick<Mount, "mountpoint">;

/** Whether the way to it leads through the other one; also where both are the same. */
export function isBelow({ mountpoint }: Place, above: Place): boolean {
  return `${mountpoint}/`.startsWith(above.mountpoint === "/" ? "/" : `${above.mountpoint}/`);
}

/**
 * Of `mounts`, those the way to which leads into what may not answer: itself, or one that it is mounted below. Together
 * are those below the same one, in their order.
 */
export function remoteGroups<Found extends Place>(mounts: readonly Found[], all: readonly Mount[]): Found[][] {
  const remote = all.filter(({ type }) => remoteTypes.has(type));
  const outermost = remote.filter((one) => !remote.some((other) => other !== one && isBelow(one, other)));
  const groups = Map.groupBy(mounts, (mount) => outermost.find((above) => isBelow(mount, above)));
  return [...groups].flatMap(([above, group]) => (above === undefined ? [] : [group]));
}

/** Of /proc/PID/mountinfo; what lies under another mount is left out. */
export function parseMounts(mountinfo: string): Mount[] {
  const mounts = new Map<string, Mount>();
  for (const line of mountinfo.split("\n")) {
    const [own = "", of = ""] = line.split(" - ");
    const [, , number, root, mountpoint, options = ""] = own.split(" ");
    const [type, device = ""] = of.split(" ");
    if (number === undefined || mountpoint === undefined || type === undefined) continue;
    const path = unescaped(mountpoint);
    // The last one at a place is what is seen there.
    mounts.set(path, {
      ...{ number, type, mountpoint: path, device: unescaped(device) },
      isWhole: root === "/",
      readOnly: options.split(",").includes("ro"),
    });
  }
  return [...mounts.values()];
}

/** Each file system once: where it can be written to, the whole of it before a part, then the place nearest to the root. */
export function nodeFileSystems(mounts: readonly Mount[]): Mount[] {
  const found = new Map<string, Mount>();
  for (const mount of mounts.filter(isOfNode).toSorted(compare)) {
    if (!found.has(mount.number)) found.set(mount.number, mount);
  }
  return [...found.values()].toSorted((one, other) => (one.mountpoint < other.mountpoint ? -1 : 1));
}

function isOfNode({ number, type, mountpoint, device }: Mount): boolean {
  // Whatever it is on: it is where the system is.
  if (mountpoint === "/") return true;
  if (imageTypes.has(type) || ofContainers.test(mountpoint)) return false;
  if (mountpoint.length > longestPath || device.length > longestPath) return false;
  return !number.startsWith("0:") || pooledTypes.has(type) || remoteTypes.has(type);
}

function compare(one: Mount, other: Mount): number {
  return rank(one) - rank(other) || (one.mountpoint < other.mountpoint ? -1 : 1);
}

function rank({ mountpoint, isWhole, readOnly }: Mount): number {
  if (mountpoint === "/") return -1;
  return mountpoint.split("/").length + longestPath * ((isWhole ? 0 : 1) + (readOnly ? 2 : 0));
}

/** The kernel writes blanks and backslashes as octal numbers. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
