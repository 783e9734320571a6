/**
 * The installed versions: `versions/<version>/{agent.mjs,node}`, and `current`, a symlink to one of them that is
 * exchanged in one rename. Whatever is half done is beside, never in place.
 */
import { copyFile, link, mkdir, readdir, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { errorCode } from "../files.ts";

export const bundleName = "agent.mjs";
const runtimeName = "node";
const versionPattern = /^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/;

export class Versions {
  readonly #directory: string;

  constructor(installDirectory: string) {
    this.#directory = installDirectory;
  }

  /** Name of the version that `current` leads to; null when this agent was not installed that way. */
  async current(): Promise<string | null> {
    try {
      return basename(await readlink(join(this.#directory, "current")));
    } catch (error) {
      if (["ENOENT", "EINVAL"].includes(errorCode(error) ?? "")) return null;
      throw error;
    }
  }

  bundleOf(version: string): string {
    return join(this.#path(version), bundleName);
  }

  /** Puts the bundle in place under its version's name, with the runtime of `from`. */
  async install(version: string, from: string, bundle: Uint8Array): Promise<void> {
    if (version === from) throw new BerthError("request.invalid", `Version ${version} is the one that runs.`);
    const path = this.#path(version);
    const staged = `${path}.staged`;
    await rm(staged, { recursive: true, force: true });
    await mkdir(staged, { recursive: true });
    await writeFile(join(staged, bundleName), bundle, { mode: 0o644, flush: true });
    await linkOrCopy(join(this.#path(from), runtimeName), join(staged, runtimeName));
    await rm(path, { recursive: true, force: true });
    await rename(staged, path);
  }

  async use(version: string): Promise<void> {
    const next = join(this.#directory, "current.next");
    await rm(next, { force: true });
    await symlink(join("versions", checkedVersion(version)), next);
    await rename(next, join(this.#directory, "current"));
  }

  /** Removes every version but these. */
  async prune(keep: readonly string[]): Promise<void> {
    for (const name of await readdir(join(this.#directory, "versions"))) {
      if (!keep.includes(name)) await rm(join(this.#directory, "versions", name), { recursive: true, force: true });
    }
  }

  #path(version: string): string {
    return join(this.#directory, "versions", checkedVersion(version));
  }
}

function checkedVersion(version: string): string {
  if (!versionPattern.test(version)) throw new BerthError("request.invalid", `${version} is not a version.`);
  return version;
}

/** The runtime is large and the same: a link where the file system has them. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = errorCode(error) ?? "";
    // An agent that was installed without a runtime of its own runs on the host's.
    if (code === "ENOENT") return;
    if (!["EXDEV", "EPERM", "EMLINK"].includes(code)) throw error;
    await copyFile(from, to);
  }
}
