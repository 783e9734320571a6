import { mkdir, mkdtemp, open, readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { runCommand } from "../host/command.ts";
import { isPresent } from "../host/files.ts";
import { withLock } from "../host/lock.ts";
import { detachLoopDevicesBelow, unmountBelow } from "../host/mounts.ts";
import { findMarkedProcesses, markOf, stopProcess } from "../host/processes.ts";
import { packageMirror, type TemplateDefinition, templateHash } from "./definition.ts";
import { indexPackages } from "./package-index.ts";

const buildDeadlineMs = 900_000;

/** Where the file system image of a template is kept. */
export function templateImagePath(cacheDirectory: string, definition: TemplateDefinition): string {
  const name = basename(definition.fileName).replace(/\.tar\.\w+$/, "");
  return join(cacheDirectory, "templates", `${name}-${templateHash(definition)}.ext4`);
}

/** Where the packages are that LXCs of a template find in the lab's mirror. */
export function templatePackagesPath(cacheDirectory: string, definition: TemplateDefinition): string {
  return `${templateImagePath(cacheDirectory, definition).replace(/\.ext4$/, "")}.packages`;
}

/**
 * The file system image of a template, built when the cache has none.
 * An image instead of a tar: a new LXC is then one sparse copy (1 s) instead of unpacking 12 000 files (7 s).
 */
export async function ensureTemplateImage(
  cacheDirectory: string,
  definition: TemplateDefinition,
  onLine: (line: string) => void,
): Promise<string> {
  const image = templateImagePath(cacheDirectory, definition);
  if (await isPresent(image)) return image;
  await withLock({ name: `the template image ${image}`, deadlineMs: buildDeadlineMs }, async () => {
    if (await isPresent(image)) return;
    const directory = dirname(image);
    await mkdir(directory, { recursive: true });
    await clearAbandoned(directory, `${basename(image)}.build-`);
    await buildImage(image, templatePackagesPath(cacheDirectory, definition), definition, onLine);
  });
  return image;
}

/** What builds of this image that were killed have left: processes, mounts and files. */
async function clearAbandoned(directory: string, prefix: string): Promise<void> {
  for (const name of (await readdir(directory)).filter((entry) => entry.startsWith(prefix))) {
    await clearWorkbench(join(directory, name));
  }
}

async function clearWorkbench(workbench: string): Promise<void> {
  for (const identity of await findMarkedProcesses(workbench)) await stopProcess(identity);
  await unmountBelow(workbench);
  await detachLoopDevicesBelow(workbench);
  await rm(workbench, { recursive: true, force: true });
}

async function buildImage(
  image: string,
  packages: string,
  definition: TemplateDefinition,
  onLine: (line: string) => void,
): Promise<void> {
  const workbench = await mkdtemp(`${image}.build-`);
  const draft = join(workbench, "rootfs.ext4");
  const mountPoint = join(workbench, "rootfs");
  const downloads = join(workbench, "packages");
  try {
    await mkdir(downloads);
    await mkdir(mountPoint);
    await (await open(draft, "w")).close();
    await truncate(draft, definition.buildBytes);
    // No journal: a lab's disk need not outlive its machine, and fsync-heavy databases run faster without.
    await runCommand(["mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-m", "0", draft]);
    await runCommand(["mount", "-o", "loop,noatime,discard", draft, mountPoint]);
    onLine(`mmdebstrap ${definition.suite} with ${definition.packages.join(", ")}`);
    await runCommand(
      [
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        `--include=${definition.packages.join(",")}`,
        ...downloadHooks(definition.mirrored ?? [], downloads),
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        definition.suite,
        mountPoint,
      ],
      { deadlineMs: buildDeadlineMs, onLine, env: markOf(workbench) },
    );
    await tidyRootfs(mountPoint);
    if (definition.mirrored !== undefined) {
      await useMirror(mountPoint);
      await indexPackages(downloads);
      await rm(packages, { recursive: true, force: true });
      await rename(downloads, packages);
    }
    await runCommand(["umount", mountPoint]);
    await shrink(draft);
    await rename(draft, image);
  } finally {
    await clearWorkbench(workbench);
  }
}

/**
 * Has mmdebstrap download more packages than it installs, and hand them out before it cleans up.
 * A hook is a line of mmdebstrap's own language; only names of packages and our own folder go into it.
 */
function downloadHooks(names: readonly string[], downloads: string): string[] {
  if (names.length === 0) return [];
  const options = "--yes --no-install-recommends --download-only";
  return [
    `--customize-hook=APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get install ${options} ${names.join(" ")}`,
    `--customize-hook=sync-out /var/cache/apt/archives ${downloads}`,
  ];
}

/** LXCs of this template ask the lab's mirror for packages, and no other. */
async function useMirror(root: string): Promise<void> {
  const source = `deb [trusted=yes] http://${packageMirror.host}:${packageMirror.port}/ ./\n`;
  await rm(join(root, "etc/apt/sources.list.d"), { recursive: true, force: true });
  await writeFile(join(root, "etc/apt/sources.list"), source);
}

/** Takes out what must differ between LXCs, and what the building machine left. */
async function tidyRootfs(root: string): Promise<void> {
  for (const path of ["etc/hostname", "etc/resolv.conf", "usr/sbin/policy-rc.d"]) {
    await rm(join(root, path), { recursive: true, force: true });
  }
  const keys = ["rsa", "ecdsa", "ed25519"].flatMap((kind) => [`ssh_host_${kind}_key`, `ssh_host_${kind}_key.pub`]);
  for (const key of keys) await rm(join(root, "etc/ssh", key), { force: true });
  await writeFile(join(root, "etc/machine-id"), "");
  // Neither has a use inside an LXC, and each costs boot time.
  for (const unit of ["systemd-networkd-wait-online.service", "e2scrub_reap.service", "fstrim.timer"]) {
    await runCommand(["systemctl", `--root=${root}`, "mask", unit]);
  }
}

/** Cuts the file system down to its content, so that a disk of any size can be grown from a copy of it. */
async function shrink(image: string): Promise<void> {
  await runCommand(["e2fsck", "-f", "-p", image], { deadlineMs: 120_000 });
  await runCommand(["resize2fs", "-M", image], { deadlineMs: 120_000 });
}
