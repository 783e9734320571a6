import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommand } from "../host/command.ts";
import { layerKey } from "./definition.ts";
import { LayerCache } from "./layer-cache.ts";
import { filesLayer } from "./layers.ts";
import { digestOfFile } from "./tar.ts";

let directory: string;
let cache: LayerCache;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-layers-"));
  cache = new LayerCache(directory);
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const layers = [
  filesLayer(
    { type: "directory", path: "data", mode: 0o700, ...owner },
    { type: "file", path: "usr/bin/start", content: "#!/bin/sh\n", mode: 0o755, ...owner },
    { type: "link", path: "usr/bin/begin", target: "start", ...owner },
  ),
];
const ensure = (): ReturnType<LayerCache["ensure"]> => cache.ensure(layers, 0, () => undefined);

describe("LayerCache", () => {
  it("keeps a layer as a blob of the registry, named by its content", async () => {
    const layer = await ensure();
    const blob = cache.store.blobPath(layer.digest);
    expect(await digestOfFile(blob)).toBe(layer.digest);
    const listing = await runCommand(["tar", "--list", "--verbose", `--file=${blob}`]);
    expect(listing.split("\n").map((line) => `${line.slice(0, 10)} ${line.replace(/.*:\d\d /, "")}`)).toEqual([
      "drwx------ data/",
      "lrwxrwxrwx usr/bin/begin -> start",
      "-rwxr-xr-x usr/bin/start",
    ]);
  });

  it("builds a layer once, also when it is wanted twice at a time", async () => {
    const [first, second] = await Promise.all([ensure(), ensure()]);
    expect(second).toEqual(first);
    expect(await cache.has(layers, 0)).toBe(true);
    expect(await readdir(join(directory, "work"))).toEqual([]);
  });

  it("builds again what is gone from the registry's folder", async () => {
    const { digest } = await ensure();
    await rm(cache.store.blobPath(digest));
    expect(await cache.has(layers, 0)).toBe(false);
    expect((await ensure()).digest).toBe(digest);
    expect(await readFile(cache.store.blobPath(digest))).not.toHaveLength(0);
  });

  it("clears away what a killed build has left", async () => {
    const abandoned = join(directory, "work", `${layerKey(layers, 0)}-killed`);
    await mkdir(abandoned, { recursive: true });
    await writeFile(join(abandoned, "layer.tar"), "half");
    await ensure();
    expect(await readdir(join(directory, "work"))).toEqual([]);
  });
});
