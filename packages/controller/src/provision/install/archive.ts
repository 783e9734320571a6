import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import tar from "tar-stream";

/**
 * A tar archive of the directory's files, the same bytes for the same files wherever and whenever it is made, so that
 * its SHA-256 names it. Source maps stay out: no host reads them.
 */
export async function packDirectory(directory: string): Promise<{ archive: Buffer; sha256: string }> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".map"))
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted();
  const pack = tar.pack();
  const packed = buffer(pack);
  for (const name of names) {
    const header = { name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0, uname: "root", gname: "root" };
    pack.entry(header, await readFile(join(directory, name)));
  }
  pack.finalize();
  const archive = await packed;
  return { archive, sha256: createHash("sha256").update(archive).digest("hex") };
}
