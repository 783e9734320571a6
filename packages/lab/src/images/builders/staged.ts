import type { TreeIndex } from "../tree.ts";

/** A layer as a folder, ready to be packed. */
export interface StagedLayer {
  root: string;
  /** Paths below `root` that make up the layer. */
  members: readonly string[];
  /** Whether a folder among the members brings along what is in it. */
  recursive: boolean;
  /** For what came from npm: the versions of the whole dependency tree, as pnpm-lock.yaml has them. */
  lock?: string;
  /** For a Debian: the whole tree, for the layers above it to compare with. */
  tree?: TreeIndex;
  /** For a Debian: its packages and their versions. */
  packages?: Readonly<Record<string, string>>;
}
