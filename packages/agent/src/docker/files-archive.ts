/** The files of a specification as the archive that Docker unpacks in a container. */
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";

/**
 * Root's, and readable by everybody in the container (0644), with secrets or without: services read their files as users
 * of their own, and who is not that service is in another container. Directories that are missing are made by Docker;
 * those that exist keep their owner and mode, so none is in the archive.
 */
const fileMode = 0o644;

export interface ArchivedFile {
  path: string;
  content: string;
  mode?: number;
}

/** A tar for `PUT /containers/{id}/archive?path=/`. */
export async function filesArchive(files: readonly ArchivedFile[]): Promise<Buffer> {
  const archive = pack();
  for (const { path, content, mode = fileMode } of files) {
    archive.entry({ name: path.replace(/^\/+/, ""), mode, uid: 0, gid: 0 }, content);
  }
  archive.finalize();
  return buffer(archive);
}
