import { mkdir, open, rename, truncate } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { runCommand } from "../host/command.ts";
import { isPresent } from "../host/files.ts";
import { mountsBelow } from "../host/mounts.ts";
import { copyImage } from "./disk.ts";

/** Sparse: takes of the machine's disk what the guests have written, not more. */
const poolBytes = 1024 ** 4;

/**
 * Mounts the file system that holds the disks of all guests, made when there is none.
 * XFS, because it shares the blocks of copies: a new disk and a snapshot take no time and no space, like Proxmox VE's
 * thin pool. The machine's own file system need not be able to.
 */
export async function ensurePool(guestsDirectory: string): Promise<void> {
  if ((await mountsBelow(guestsDirectory)).includes(guestsDirectory)) return;
  const image = join(dirname(guestsDirectory), "pool.xfs");
  if (!(await isPresent(image))) await makePool(image);
  await mkdir(guestsDirectory, { recursive: true });
  const device = (await runCommand(["losetup", "--find", "--show", "--direct-io=on", image])).trim();
  try {
    await runCommand(["mount", "-t", "xfs", "-o", "noatime,discard", device, guestsDirectory]);
  } finally {
    // While mounted, the device stays until the unmount; otherwise it goes now.
    await runCommand(["losetup", "--detach", device]);
  }
}

async function makePool(image: string): Promise<void> {
  const draft = `${image}.draft`;
  await (await open(draft, "w", 0o600)).close();
  await truncate(draft, poolBytes);
  await runCommand(["mkfs.xfs", "-q", "-f", "-m", "reflink=1,rmapbt=0", "-l", "size=64m", draft]);
  await rename(draft, image);
}

/** Where a template's image stands in the pool. */
export function pooledTemplatePath(guestsDirectory: string, image: string): string {
  return join(guestsDirectory, "templates", basename(image));
}

/** Copies a template from the cache into the pool, once per lab; guests share its blocks. */
export async function ensurePooledTemplate(guestsDirectory: string, image: string): Promise<void> {
  const target = pooledTemplatePath(guestsDirectory, image);
  if (await isPresent(target)) return;
  await mkdir(dirname(target), { recursive: true });
  await copyImage(image, `${target}.draft`);
  await rename(`${target}.draft`, target);
}
