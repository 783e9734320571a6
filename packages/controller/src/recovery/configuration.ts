/**
 * The files that a fleet refers to, on the machine that takes the lost one's place: what is there already stays. Those that
 * were outside of the configuration directory come into `elsewhere` below it: no archive says where on a machine root writes.
 */
import { chmod, copyFile, constants, mkdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Manifest } from "./manifest.ts";
import { archivePath } from "./manifest.ts";

export interface RestoredFile {
  path: string;
  /** `different`: there was another one, which stayed. */
  state: "written" | "same" | "different";
}

export async function restoreConfiguration(
  manifest: Manifest,
  directories: { draft: string; configuration: string },
): Promise<RestoredFile[]> {
  const files = manifest.files.filter(({ root }) => root !== "state");
  const restored: RestoredFile[] = [];
  for (const file of files) {
    const source = join(directories.draft, archivePath(file));
    const within = file.root === "configuration" ? [] : ["elsewhere"];
    const target = resolve(join(directories.configuration, ...within), file.path);
    restored.push({ path: target, state: await restoreFile(source, target) });
  }
  return restored;
}

async function restoreFile(source: string, target: string): Promise<RestoredFile["state"]> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  try {
    await copyFile(source, target, constants.COPYFILE_EXCL);
    await chmod(target, 0o600);
    return "written";
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    return (await readFile(source)).equals(await readFile(target)) ? "same" : "different";
  }
}
