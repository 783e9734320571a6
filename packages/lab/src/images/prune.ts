import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { findBundlerFolders } from "./bundler-folders.ts";

/** Never loaded by Node: source maps, type declarations and sources (Node strips no types inside node_modules), C sources. */
const deadWeight =
  /\.(map|[mc]?ts|tsx|tsbuildinfo|flow|c|cc|cpp|h|hh|hpp|gyp|gypi|o|obj|lib|pdb|dll|exe|tgz|tar\.gz|scss|less|coffee)$/i;
/** The compiler reads its own declarations at run time. */
const compilerLibrary = /(^|\/)typescript\/lib\/lib\.[^/]*\.d\.ts$/;
/** Only these names: other Markdown may be data, such as prompts. */
const readme =
  /(^|\/)(readme|changelog|changes|history|contributing|upgrading|migration|security|code_of_conduct)[^/]*\.(md|mdx|markdown|txt)$/i;
/** Folders at the root of a package only; deeper down the same name can be code (googleapis has an API named docs). */
const sideFolder =
  /(^|.*\/)node_modules\/(@[^/]+\/)?[^/]+\/(tests?|__tests__|__mocks__|specs?|docs|examples?|benchmarks?|coverage|man|\.github|\.vscode)\//;
const packageManagerFile =
  /(^|\/)(\.bin|\.pnpm)\/|(^|\/)\.(modules\.yaml|pnpm-workspace-state[^/]*|package-lock\.json)$/;
const foreignPlatform =
  /(win32|windows|darwin|macos|freebsd|openbsd|android|sunos|musl|ia32|riscv64|s390x|ppc64|loong64)/i;
const binary = /\.(node|so|dylib)$|\/bin\/[^./]+$/;
const foreignArchitecture = { x64: /arm64|aarch64|armv?[67]|-arm[-./]/i, arm64: /x64|x86_64|amd64/i } as const;

export type Architecture = keyof typeof foreignArchitecture;

/** Whether a file below node_modules is of any use in a container. `path` is relative, with / between its parts. */
export function isNeededAtRunTime(path: string, architecture: Architecture): boolean {
  if (packageManagerFile.test(path) || sideFolder.test(path)) return false;
  if (compilerLibrary.test(path)) return true;
  if (deadWeight.test(path) || readme.test(path)) return false;
  if (!binary.test(path)) return true;
  return !foreignPlatform.test(path) && !foreignArchitecture[architecture].test(path);
}

export interface FileSelection {
  /** Paths of files and links, relative to the folder that was searched. */
  needed: readonly string[];
  /** How many others there are. */
  others: number;
}

/** Finds the files below `directory` that `isNeeded` wants, by their paths relative to it. Nothing is deleted. */
export async function selectFiles(directory: string, isNeeded: (path: string) => boolean): Promise<FileSelection> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
  const candidates = files.filter(isNeeded);
  const forBundlers = new Set(await findBundlerFolders(directory, candidates));
  const needed = candidates.filter((file) => !ancestors(file).some((folder) => forBundlers.has(folder)));
  return { needed, others: files.length - needed.length };
}

function ancestors(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, position) => parts.slice(0, position + 1).join("/"));
}
