/** What a controller has to have so that it is the same again, gathered while it works. */
import { mkdtemp, open, readdir, readFile, rm, stat, type FileHandle } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import type { Readable } from "node:stream";
import type { Fleet } from "@berth/shared/fleet/schema";
import { copyInventory } from "../inventory/copy.ts";
import type { Inventory } from "../inventory/database.ts";
import type { Secrets } from "../secrets/open.ts";
import { sealArchive, type ArchiveFile } from "./archive.ts";
import { filesOf } from "./fleet-files.ts";
import { archivePath, manifestPath, newManifest, type FileRoot, type Manifest } from "./manifest.ts";

export interface ControllerFiles {
  stateDirectory: string;
  /** Holds `authority.pem`, and keys of the server. */
  authorityDirectory: string;
  sshDirectory: string;
  configurationDirectory: string;
  /** Files that the command line of `berth serve` names. */
  namedFiles: readonly string[];
}

export interface ContentsDependencies {
  files: ControllerFiles;
  inventory: Pick<Inventory, "file">;
  secrets: Pick<Secrets, "withKey">;
}

interface GatheredFile {
  root: FileRoot;
  path: string;
  content: ArchiveFile["content"];
}

/** Left by a controller that was killed: removed at its next start. */
const scratchPrefix = "recovery-";

export const stateFiles = { inventory: "inventory.sqlite", secretKey: "secret.key" } as const;

/**
 * The encrypted archive of what there is at this moment. A file that the fleet refers to and that is not there is no
 * failure: its absence is told by what needs it.
 */
export async function gatherArchive(
  about: Omit<Manifest, "format" | "files">,
  fleet: Fleet | null,
  recipient: string,
  dependencies: ContentsDependencies,
): Promise<Readable> {
  const { files } = dependencies;
  const { handle, bytes, key } = await copyState(dependencies);
  try {
    const gathered: GatheredFile[] = [
      { root: "state", path: stateFiles.inventory, content: { handle, bytes } },
      { root: "state", path: stateFiles.secretKey, content: Buffer.from(`${key.toString("hex")}\n`) },
      ...(await directoryFiles(files.authorityDirectory, files.stateDirectory)),
      ...(await directoryFiles(files.sshDirectory, files.stateDirectory)),
      ...(await configurationFiles([...(fleet === null ? [] : filesOf(fleet)), ...files.namedFiles], files)),
    ];
    const manifest = newManifest({ ...about, files: gathered.map(({ root, path }) => ({ root, path })) });
    const archive = await sealArchive(
      [
        { path: manifestPath, mode: 0o600, content: Buffer.from(JSON.stringify(manifest)) },
        ...gathered.map((file) => ({ path: archivePath(file), mode: 0o600, content: file.content })),
      ],
      recipient,
    );
    archive.once("close", () => void handle.close().catch(() => undefined));
    return archive;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export async function removeScratch(stateDirectory: string): Promise<void> {
  for (const name of (await readdir(stateDirectory)).filter((one) => one.startsWith(scratchPrefix)))
    await rm(join(stateDirectory, name), { recursive: true, force: true });
}

export function makeScratch(stateDirectory: string): Promise<string> {
  return mkdtemp(join(stateDirectory, scratchPrefix));
}

/** Inventory and key of one moment: another key may be put in place at any time. */
async function copyState({ files, inventory, secrets }: ContentsDependencies) {
  const scratch = await makeScratch(files.stateDirectory);
  const copy = join(scratch, stateFiles.inventory);
  let handle: FileHandle | undefined;
  try {
    const key = await secrets.withKey(async (present) => {
      await copyInventory(inventory.file, copy);
      return Buffer.from(present);
    });
    handle = await open(copy, "r");
    return { handle, bytes: (await handle.stat()).size, key };
  } catch (error) {
    await handle?.close();
    throw error;
  } finally {
    // It is read through what is open: whatever happens, nothing of it is left.
    await rm(scratch, { recursive: true, force: true });
  }
}

async function directoryFiles(directory: string, stateDirectory: string): Promise<GatheredFile[]> {
  const names = (await readdir(directory, { withFileTypes: true }).catch(() => []))
    // Drafts of files that are being written have longer names.
    .filter((entry) => entry.isFile() && /^[a-z0-9_]+(?:\.pem|\.pub)?$/.test(entry.name))
    .map(({ name }) => name);
  return Promise.all(
    names.map(async (name) => ({
      root: "state" as const,
      path: relative(stateDirectory, join(directory, name)),
      content: await readFile(join(directory, name)),
    })),
  );
}

async function configurationFiles(named: readonly string[], files: ControllerFiles): Promise<GatheredFile[]> {
  const paths = new Set(named.map((name) => resolve(files.configurationDirectory, name)));
  const found = await Promise.all(
    [...paths].map(async (path) => {
      const isFile = await stat(path).then(
        (stats) => stats.isFile(),
        () => false,
      );
      return isFile ? [{ ...placeOf(path, files.configurationDirectory), content: await readFile(path) }] : [];
    }),
  );
  return found.flat();
}

function placeOf(path: string, configurationDirectory: string): { root: FileRoot; path: string } {
  const within = relative(configurationDirectory, path);
  const isWithin = within !== "" && !isAbsolute(within) && !within.split("/").includes("..");
  return isWithin ? { root: "configuration", path: within } : { root: "elsewhere", path: relative("/", path) };
}
