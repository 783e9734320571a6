import { chmod, lchown, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileEntry, FilesLayer } from "../definition.ts";
import type { StagedLayer } from "./staged.ts";

/** Lays out the entries; folders above them stay as the layers below have them. */
export async function stageFiles(layer: FilesLayer, workbench: string): Promise<StagedLayer> {
  const root = join(workbench, "root");
  await mkdir(root, { recursive: true });
  for (const entry of layer.entries) await stageEntry(join(root, entry.path), entry);
  return { root, members: layer.entries.map((entry) => entry.path), recursive: false };
}

async function stageEntry(path: string, entry: FileEntry): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (entry.type === "link") await symlink(entry.target, path);
  if (entry.type === "file") await writeFile(path, entry.content);
  if (entry.type === "directory") await mkdir(path, { recursive: true });
  // By chmod, since the umask has a say in the mode a file is made with.
  if (entry.type !== "link") await chmod(path, entry.mode ?? (entry.type === "file" ? 0o644 : 0o755));
  await lchown(path, entry.uid ?? 0, entry.gid ?? 0);
}
