import { createHash } from "node:crypto";

/** A Debian with some packages, less what the layers below it already hold. */
export interface DebianLayer {
  kind: "debian";
  packages: readonly string[];
  /** Paths below the root to take out: files and folders, with the wildcards of `fs.glob`. */
  leaveOut: readonly string[];
}

/** The Node binary at /usr/local/bin/node. */
export interface NodeLayer {
  kind: "node";
  version: string;
}

/** npm packages below /usr/local/lib/node_modules. */
export interface NpmLayer {
  kind: "npm";
  dependencies: Readonly<Record<string, string>>;
  /** Versions that hold wherever in the tree the package is wanted; keys as in pnpm's `overrides`. */
  overrides: Readonly<Record<string, string>>;
  /** Content of pnpm-lock.yaml; without one, versions are resolved at the time of the build. */
  lock?: string;
  /** Packages that ship built pages: what they were built from is not wanted. */
  builtPackages: readonly string[];
  /** What to leave out beside what no package needs at run time: regular expressions over paths from node_modules/ on. */
  leaveOut: readonly string[];
}

/** Single files, folders and links. */
export interface FilesLayer {
  kind: "files";
  entries: readonly FileEntry[];
}

export type FileEntry = { path: string; uid?: number; gid?: number } & (
  | { type: "file"; content: string; mode?: number }
  | { type: "directory"; mode?: number }
  | { type: "link"; target: string }
);

export type LayerDefinition = DebianLayer | NodeLayer | NpmLayer | FilesLayer;

/** What a container of the image gets unless told otherwise; words of the OCI image configuration. */
export interface ImageConfig {
  user?: string;
  env?: Readonly<Record<string, string>>;
  entrypoint?: readonly string[];
  command?: readonly string[];
  workingDirectory?: string;
  ports?: readonly number[];
  volumes?: readonly string[];
  stopSignal?: string;
}

export interface ImageDefinition {
  /** Repository as upstream names it, its registry included: docker.io/library/postgres. */
  repository: string;
  /** Tags as they are known before the build; several tags may name one image. */
  tags: readonly string[];
  /** For software from Debian: the package whose version becomes a further tag, so that no tag lies. */
  versionFrom?: { package: string };
  /** From the bottom up. Equal layers are built and pulled once. */
  layers: readonly LayerDefinition[];
  config: ImageConfig;
  /** Where the software comes from (label org.opencontainers.image.source). */
  source: string;
  /** Built only when asked for by name. */
  onDemand?: boolean;
  /** True for what only looks like the software of that name. */
  standIn: boolean;
  /** Its manifest is there and its topmost layer is not: it can be looked up, and pulling it fails. */
  lacksLayer?: boolean;
}

/** Raised when the way layers of a kind are built changes, so that caches notice. */
const buildRevisions: Readonly<Record<LayerDefinition["kind"], number>> = { debian: 1, node: 1, npm: 2, files: 1 };

/** Changes whenever the layer would come out differently; what is below counts where the layer depends on it. */
export function layerKey(layers: readonly LayerDefinition[], position: number): string {
  const layer = layers[position];
  const buildRevision = layer === undefined ? 0 : buildRevisions[layer.kind];
  const below = layer?.kind === "debian" ? layers.slice(0, position) : [];
  return shortHash({ buildRevision, architecture: process.arch, layer, below });
}

/** Changes whenever the image would come out differently. */
export function imageKey(image: ImageDefinition): string {
  const keys = image.layers.map((_, position) => layerKey(image.layers, position));
  return shortHash({ ...image, layers: keys });
}

function shortHash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 24);
}
