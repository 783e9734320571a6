import { mkdir } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";
import { ensurePackages } from "../host/packages.ts";
import { type OnProgress, PartTimer } from "../progress.ts";
import { cacheDirectory as defaultCacheDirectory } from "../state.ts";
import { upstreamVersion } from "./builders/debian.ts";
import { type ImageDefinition, layerKey } from "./definition.ts";
import { imageCatalog, standardImages } from "./image-catalog.ts";
import { type BuiltLayer, LayerCache } from "./layer-cache.ts";
import { imageConfigBlob, manifestBlob } from "./manifest.ts";
import { mirrorNames, parseReference } from "./reference.ts";

export interface EnsureImagesOptions {
  /** Images to have, as upstream or the mirror names them (postgres:17, n8nio/n8n:2.40.7). All standard ones unless told. */
  references?: readonly string[];
  /** HOST:PORT of the mirror, taken off references that begin with it. */
  mirror?: string;
  cacheDirectory?: string;
  onProgress?: OnProgress;
}

export interface LabImage {
  /** As upstream names it: docker.io/library/postgres. */
  repository: string;
  tags: readonly string[];
  /** Path:tag to put behind HOST:PORT/ of the registry: library/postgres:17.12. */
  reference: string;
  digest: string;
  standIn: boolean;
  /** Bytes of all layers. */
  size: number;
}

/** What the builds need on the machine. */
const buildPackages = ["mmdebstrap", "tar"] as const;

const buildsAtOnce = 3;

/** Builds what the cache does not hold of the images asked for, and publishes them in the registry's folder. */
export async function ensureImages(options: EnsureImagesOptions = {}): Promise<LabImage[]> {
  const directory = options.cacheDirectory ?? defaultCacheDirectory();
  const timer = new PartTimer(options.onProgress ?? (() => undefined));
  const images = selectImages(options.references, options.mirror);
  await mkdir(directory, { recursive: true });
  await ensurePackages(buildPackages, (line) => timer.note("images", line));
  const cache = new LayerCache(directory);
  await buildLayers(images, cache, timer);
  const built: LabImage[] = [];
  for (const image of images) built.push(await publishImage(image, cache));
  for (const reference of options.references ?? []) requireTag(reference, options.mirror, built);
  return built;
}

/** The definitions that the references name, each once. */
export function selectImages(references: readonly string[] | undefined, mirror?: string): ImageDefinition[] {
  if (references === undefined) return [...standardImages];
  const chosen = references.map((reference) => {
    const { repository, tag } = parseReference(reference, mirror);
    const candidates = imageCatalog.filter((image) => isNamed(image, repository));
    const image =
      candidates.find((candidate) => candidate.tags.includes(tag)) ??
      candidates.find((candidate) => candidate.versionFrom !== undefined);
    if (image === undefined) throw unknownReference(reference, candidates);
    return image;
  });
  return [...new Set(chosen)];
}

/** A repository as parsed may be upstream's or the mirror's name for the image. */
function isNamed(image: ImageDefinition, repository: string): boolean {
  return mirrorNames(image.repository).some((name) => name === repository || `docker.io/${name}` === repository);
}

function unknownReference(
  reference: string,
  candidates: readonly { repository: string; tags: readonly string[] }[],
): BerthError {
  const offered = candidates.flatMap(({ repository, tags }) => tags.map((tag) => `${repository}:${tag}`));
  return new BerthError("image.unavailable", `The lab has no image ${reference}`, {
    hint:
      offered.length > 0
        ? `It has ${offered.join(", ")}.`
        : `It has images of ${[...new Set(imageCatalog.map((image) => image.repository))].join(", ")}.`,
  });
}

/** A version of Debian's software is known only once it was installed; a tag that would be a lie is refused then. */
function requireTag(reference: string, mirror: string | undefined, built: readonly LabImage[]): void {
  const { tag } = parseReference(reference, mirror);
  const candidates = selectImages([reference], mirror).flatMap((image) =>
    built.filter(({ repository }) => repository === image.repository),
  );
  if (!candidates.some((image) => image.tags.includes(tag))) throw unknownReference(reference, candidates);
}

interface LayerTask {
  image: ImageDefinition;
  position: number;
}

/** Every layer once, those from npm first: they take longest. */
function layerTasks(images: readonly ImageDefinition[]): LayerTask[] {
  const tasks = new Map<string, LayerTask>();
  for (const image of images) {
    for (const position of image.layers.keys()) tasks.set(layerKey(image.layers, position), { image, position });
  }
  const isFromNpm = ({ image, position }: LayerTask): boolean => image.layers[position]?.kind === "npm";
  return [...tasks.values()].toSorted((left, right) => Number(isFromNpm(right)) - Number(isFromNpm(left)));
}

/** Builds some layers side by side: most of a build is waiting for downloads and for the disk. */
async function buildLayers(images: readonly ImageDefinition[], cache: LayerCache, timer: PartTimer): Promise<void> {
  const tasks = layerTasks(images);
  const work = async (): Promise<void> => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      await buildLayer(task, cache, timer);
    }
  };
  await Promise.all(Array.from({ length: buildsAtOnce }, work));
}

/** Reports the time of a layer that had to be built; one that the cache holds is not worth a line. */
async function buildLayer({ image, position }: LayerTask, cache: LayerCache, timer: PartTimer): Promise<void> {
  if (await cache.has(image.layers, position)) return;
  const part = `image ${image.repository}`;
  const kind = image.layers[position]?.kind ?? "unknown";
  await timer.run(part, `Layer ${position + 1} of ${image.layers.length} (${kind})`, () =>
    cache.ensure(image.layers, position, (line) => timer.note(part, line)),
  );
}

async function publishImage(image: ImageDefinition, cache: LayerCache): Promise<LabImage> {
  const layers: BuiltLayer[] = [];
  for (const position of image.layers.keys()) layers.push(await cache.ensure(image.layers, position, () => undefined));
  const version = versionOf(image, layers);
  const tags = [...new Set([...image.tags, version])];
  const config = imageConfigBlob(image, version, layers);
  const manifest = manifestBlob(config, layers);
  await cache.store.writeBlob(config);
  await cache.store.writeBlob(manifest);
  const served = image.lacksLayer === true ? layers.slice(0, -1) : layers;
  const blobs = [config.digest, ...served.map((layer) => layer.digest)];
  const names = mirrorNames(image.repository);
  for (const name of names) await cache.store.publish(name, manifest.digest, blobs, tags);
  return {
    repository: image.repository,
    tags,
    reference: `${names[0]}:${version}`,
    digest: manifest.digest,
    standIn: image.standIn,
    size: layers.reduce((sum, layer) => sum + layer.size, 0),
  };
}

function versionOf(image: ImageDefinition, layers: readonly BuiltLayer[]): string {
  if (image.versionFrom === undefined) return image.tags[0] ?? "latest";
  const name = image.versionFrom.package;
  const version = layers.map((layer) => layer.packages[name]).find((candidate) => candidate !== undefined);
  if (version === undefined)
    throw new BerthError("lab.failed", `${image.repository} came out without the package ${name}`);
  return upstreamVersion(version);
}
