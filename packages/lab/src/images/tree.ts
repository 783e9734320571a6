import { createHash } from "node:crypto";
import { glob, lstat, opendir, readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";

/** What each path of a folder holds, in one comparable word. Paths are relative, without a leading slash. */
export type TreeIndex = Readonly<Record<string, string>>;

/** Describes a whole folder: kind, mode, owner and content of every entry. */
export async function indexTree(root: string): Promise<TreeIndex> {
  const index: Record<string, string> = {};
  await indexFolder(root, "", index);
  return index;
}

async function indexFolder(root: string, relative: string, index: Record<string, string>): Promise<void> {
  for await (const entry of await opendir(join(root, relative))) {
    const path = relative === "" ? entry.name : `${relative}/${entry.name}`;
    index[path] = await describe(join(root, path));
    if (entry.isDirectory()) await indexFolder(root, path, index);
  }
}

async function describe(path: string): Promise<string> {
  const facts = await lstat(path);
  const owner = `${facts.mode.toString(8)} ${facts.uid}:${facts.gid}`;
  if (facts.isSymbolicLink()) return `${owner} -> ${await readlink(path)}`;
  if (!facts.isFile()) return owner;
  return `${owner} ${createHash("sha256")
    .update(await readFile(path))
    .digest("base64url")}`;
}

/** The paths of `above` that are new or other than in `below`, sorted. */
export function changedPaths(above: TreeIndex, below: TreeIndex): string[] {
  return Object.keys(above)
    .filter((path) => above[path] !== below[path])
    .toSorted();
}

/** Removes what the patterns match (wildcards of `fs.glob`, relative to `root`). A pattern without a match is no error. */
export async function removeMatches(root: string, patterns: readonly string[]): Promise<void> {
  for (const pattern of patterns) {
    const matches: string[] = [];
    for await (const match of glob(pattern, { cwd: root })) matches.push(match);
    for (const match of matches) await rm(join(root, match), { recursive: true, force: true });
  }
}
