import { readFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import * as z from "zod";

/** Node never looks at these fields of a package: they name the entry that bundlers take. */
const bundlerFields = ["module", "esnext", "es2015", "jsnext:main"] as const;
/** A folder of another name may have parts that the main entry loads too. */
const moduleFolder = /(^|[/_-])(es|esm\d*|es\d+|esnext|module)$/;

const manifestSchema = z.looseObject({ main: z.string().catch("index.js"), exports: z.unknown().optional() });
const packageManifest = /(^|\/)node_modules\/(@[^/]+\/)?[^/@]+\/package\.json$/;

/** Folders of a package that hold a second copy of it, for bundlers only. Relative to the package. */
export function bundlerFolders(manifest: unknown): string[] {
  const parsed = manifestSchema.safeParse(manifest);
  // With `exports`, the same folder may be what an import statement gets.
  if (!parsed.success || parsed.data.exports !== undefined) return [];
  const main = folderOf(parsed.data.main);
  const folders = bundlerFields
    .map((field) => parsed.data[field])
    .filter((entry) => typeof entry === "string")
    .map(folderOf)
    .filter((folder) => moduleFolder.test(folder) && folder !== main && !main.startsWith(`${folder}/`));
  return [...new Set(folders)];
}

function folderOf(entry: string): string {
  return posix.dirname(posix.normalize(entry));
}

/** Of all files below `directory`, the folders (relative to it) that only bundlers read. */
export async function findBundlerFolders(directory: string, files: readonly string[]): Promise<string[]> {
  const manifests = files.filter((file) => packageManifest.test(file));
  const folders = await Promise.all(
    manifests.map(async (file) => {
      const manifest = parseLeniently(await readFile(join(directory, file), "utf8"));
      return bundlerFolders(manifest).map((folder) => posix.join(dirname(file), folder));
    }),
  );
  return folders.flat();
}

/** A few published packages have a package.json with mistakes, which Node does not read either. */
function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
