/** From an archive back to files: into a directory that nobody uses yet, and all of them or an error. */
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { BerthError } from "@berth/shared/errors";
import type { Secret } from "@berth/shared/secret";
import { openArchive } from "./archive.ts";
import { archivePath, manifestPath, readManifest, type Manifest } from "./manifest.ts";

/** Files lie under their root's name: `state/inventory.sqlite`. Throws `secrets.locked`, `backup.damaged`, `disk.full`. */
export async function unpackArchive(sealed: Readable, identity: Secret, directory: string): Promise<Manifest> {
  let manifest: Manifest | undefined;
  const written = new Set<string>();
  try {
    for await (const { path, content } of openArchive(sealed, identity)) {
      if (manifest === undefined) {
        // Its paths are looked at before any of them is written.
        manifest = path === manifestPath ? readManifest(await text(content)) : undefined;
        if (manifest === undefined) throw damaged("it does not begin with a manifest");
        continue;
      }
      if (written.has(path) || !manifest.files.some((file) => archivePath(file) === path))
        throw damaged(`it holds '${path}', which its manifest does not name`);
      await writeOut(join(directory, path), content);
      written.add(path);
    }
  } catch (error) {
    throw explain(error, directory);
  }
  if (manifest === undefined) throw damaged("it is empty");
  const missing = manifest.files.map(archivePath).filter((path) => !written.has(path));
  if (missing.length > 0) throw damaged(`it lacks ${missing.join(", ")}`);
  return manifest;
}

async function writeOut(path: string, content: Readable): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, "wx", 0o600);
  await pipeline(content, file.createWriteStream({ flush: true }));
}

function explain(error: unknown, directory: string): unknown {
  const isFull = error instanceof Error && "code" in error && error.code === "ENOSPC";
  if (!isFull) return error;
  return new BerthError("disk.full", `No space is left in ${directory}`, {
    hint: "Nothing was rebuilt. Free some and begin anew.",
    cause: error,
  });
}

function damaged(what: string): BerthError {
  return new BerthError("backup.damaged", `This is no backup of a controller: ${what}`);
}
