import { mkdir, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isMissingFile, readIfPresent, writeWhole } from "../host/files.ts";
import type { Blob } from "./manifest.ts";

/**
 * The folder layout of the distribution registry's file system driver: writing it directly needs no running registry,
 * and every lab's registry serves the same folder.
 */
export class RegistryStore {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  blobPath(digest: string): string {
    const [algorithm = "", hex = ""] = digest.split(":");
    return this.#path("blobs", algorithm, hex.slice(0, 2), hex, "data");
  }

  async hasBlob(digest: string): Promise<boolean> {
    try {
      return (await stat(this.blobPath(digest))).isFile();
    } catch (error) {
      if (isMissingFile(error)) return false;
      throw error;
    }
  }

  /** Moves a finished file of the same file system into the store; half a blob is never seen. */
  async takeBlob(digest: string, file: string): Promise<void> {
    const path = this.blobPath(digest);
    await mkdir(dirname(path), { recursive: true });
    await rename(file, path);
  }

  async writeBlob(blob: Blob): Promise<void> {
    await this.#write(this.blobPath(blob.digest), blob.content);
  }

  /** Lets a repository serve these blobs and names its manifest by tags. The tags come last: they make it visible. */
  async publish(
    repository: string,
    manifest: string,
    blobs: readonly string[],
    tags: readonly string[],
  ): Promise<void> {
    for (const digest of blobs) await this.#link(digest, repository, "_layers", ...digest.split(":"));
    await this.#link(manifest, repository, "_manifests", "revisions", ...manifest.split(":"));
    for (const tag of tags) {
      await this.#link(manifest, repository, "_manifests", "tags", tag, "index", ...manifest.split(":"));
      await this.#link(manifest, repository, "_manifests", "tags", tag, "current");
    }
  }

  /** The digest that a tag names, or undefined. */
  async resolve(repository: string, tag: string): Promise<string | undefined> {
    return readIfPresent(this.#path("repositories", repository, "_manifests", "tags", tag, "current", "link"));
  }

  async #link(digest: string, repository: string, ...place: string[]): Promise<void> {
    await this.#write(this.#path("repositories", repository, ...place, "link"), digest);
  }

  async #write(path: string, content: string): Promise<void> {
    if ((await readIfPresent(path)) === content) return;
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, content, 0o644);
  }

  #path(...parts: string[]): string {
    return join(this.directory, "docker", "registry", "v2", ...parts);
  }
}
