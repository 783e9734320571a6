import { mkdir, mkdtemp, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { runCommand } from "../host/command.ts";
import { readIfPresent, writeWhole } from "../host/files.ts";
import { withLock } from "../host/lock.ts";
import { stageDebian } from "./builders/debian.ts";
import { stageFiles } from "./builders/files.ts";
import { stageNode, stageNpm } from "./builders/npm.ts";
import type { StagedLayer } from "./builders/staged.ts";
import { type LayerDefinition, layerKey } from "./definition.ts";
import type { LayerBlob } from "./manifest.ts";
import { RegistryStore } from "./registry-store.ts";
import { digestOfFile, writeTar } from "./tar.ts";
import type { TreeIndex } from "./tree.ts";

const layerRecordSchema = z.object({
  digest: z.string(),
  size: z.int(),
  diffId: z.string(),
  packages: z.record(z.string(), z.string()).default({}),
});
export type BuiltLayer = LayerBlob & z.infer<typeof layerRecordSchema>;

const treeIndexSchema = z.record(z.string(), z.string());
const buildDeadlineMs = 1_800_000;
const removeDeadlineMs = 300_000;

export type OnLine = (line: string) => void;

/** Layers by the hash of their definition. A build that was interrupted leaves nothing that looks finished. */
export class LayerCache {
  readonly store: RegistryStore;
  readonly #directory: string;

  constructor(cacheDirectory: string) {
    this.#directory = cacheDirectory;
    this.store = new RegistryStore(join(cacheDirectory, "registry"));
  }

  /** Whether the layer at a position of an image's stack needs no build. */
  async has(layers: readonly LayerDefinition[], position: number): Promise<boolean> {
    return (await this.#find(layerKey(layers, position))) !== undefined;
  }

  /** The layer at a position of an image's stack, built when the cache has none. */
  async ensure(layers: readonly LayerDefinition[], position: number, onLine: OnLine): Promise<BuiltLayer> {
    const key = layerKey(layers, position);
    const cached = await this.#find(key);
    if (cached !== undefined) return cached;
    return withLock({ name: `image layer ${key} in ${this.#directory}`, deadlineMs: buildDeadlineMs }, async () => {
      return (await this.#find(key)) ?? (await this.#build(key, layers, position, onLine));
    });
  }

  async #find(key: string): Promise<BuiltLayer | undefined> {
    const text = await readIfPresent(this.#record(key));
    if (text === undefined) return undefined;
    const layer = layerRecordSchema.parse(JSON.parse(text));
    return (await this.store.hasBlob(layer.digest)) ? layer : undefined;
  }

  async #build(key: string, layers: readonly LayerDefinition[], position: number, onLine: OnLine): Promise<BuiltLayer> {
    for (const folder of ["layers", "locks", "work"]) await mkdir(join(this.#directory, folder), { recursive: true });
    await this.#clearAbandoned(key);
    const workbench = await mkdtemp(join(this.#directory, "work", `${key}-`));
    try {
      const staged = await this.#stage(layers, position, workbench, onLine);
      const file = join(workbench, "layer.tar");
      await writeTar({ ...staged, file });
      const digest = await digestOfFile(file);
      const layer = { digest, size: (await stat(file)).size, diffId: digest, packages: { ...staged.packages } };
      await this.store.takeBlob(digest, file);
      if (staged.lock !== undefined) await writeWhole(join(this.#directory, "locks", `${key}.yaml`), staged.lock);
      if (staged.tree !== undefined) await writeWhole(this.#index(key), JSON.stringify(staged.tree));
      await writeWhole(this.#record(key), JSON.stringify(layer));
      return layer;
    } finally {
      await removeFolder(workbench);
    }
  }

  /** Removes what builds of this layer left that were killed; whoever holds the layer's lock is the only one to build it. */
  async #clearAbandoned(key: string): Promise<void> {
    const work = join(this.#directory, "work");
    for (const name of await readdir(work)) {
      if (name.startsWith(`${key}-`)) await removeFolder(join(work, name));
    }
  }

  async #stage(
    layers: readonly LayerDefinition[],
    position: number,
    workbench: string,
    onLine: OnLine,
  ): Promise<StagedLayer> {
    const layer = layers[position];
    const packageStore = join(this.#directory, "npm-packages");
    if (layer === undefined) throw new RangeError(`There is no layer at position ${position}`);
    if (layer.kind === "debian") {
      return stageDebian(layer, await this.#treeBelow(layers, position, onLine), workbench, onLine);
    }
    if (layer.kind === "node") return stageNode(layer, workbench, packageStore, onLine);
    if (layer.kind === "npm") return stageNpm(layer, workbench, packageStore, onLine);
    return stageFiles(layer, workbench);
  }

  /** What the Debian layers below a position hold together. */
  async #treeBelow(layers: readonly LayerDefinition[], position: number, onLine: OnLine): Promise<TreeIndex> {
    const tree: Record<string, string> = {};
    for (let below = 0; below < position; below += 1) {
      if (layers[below]?.kind !== "debian") continue;
      await this.ensure(layers, below, onLine);
      const text = await readIfPresent(this.#index(layerKey(layers, below)));
      if (text !== undefined) Object.assign(tree, treeIndexSchema.parse(JSON.parse(text)));
    }
    return tree;
  }

  #record(key: string): string {
    return join(this.#directory, "layers", `${key}.json`);
  }

  #index(key: string): string {
    return join(this.#directory, "layers", `${key}.tree.json`);
  }
}

/** A quarter of a million files may be in it, which the command removes several times faster than Node. */
async function removeFolder(path: string): Promise<void> {
  await runCommand(["rm", "-rf", "--", path], { deadlineMs: removeDeadlineMs });
}
