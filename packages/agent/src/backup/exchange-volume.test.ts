import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { exchangeVolume, undoExchange, type VolumeDirectories } from "./exchange-volume.ts";

let root: string;
let directories: VolumeDirectories;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "berth-exchange-"));
  directories = { volume: join(root, "volume"), staging: join(root, "staging") };
  await mkdir(directories.volume);
  await mkdir(join(directories.staging, "source"), { recursive: true });
  await writeFile(join(directories.volume, "note"), "former");
  await writeFile(join(directories.staging, "source/note"), "restored");
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const note = async () => readFile(join(directories.volume, "note"), "utf8");

it("puts the restored files in place, and keeps the former ones aside", async () => {
  await exchangeVolume(directories);
  expect(await note()).toBe("restored");
  expect(await readdir(directories.staging)).toEqual(["former"]);
});

it("changes nothing without restored files", async () => {
  await rm(join(directories.staging, "source"), { recursive: true });
  await expect(exchangeVolume(directories)).rejects.toThrow("ENOENT");
  expect(await note()).toBe("former");
});

it("is undone after a kill between its two steps, and only then", async () => {
  await undoExchange(directories);
  expect(await note()).toBe("former");
  await rename(directories.volume, join(directories.staging, "former"));
  await undoExchange(directories);
  expect(await note()).toBe("former");
  await exchangeVolume(directories);
  await undoExchange(directories);
  expect(await note()).toBe("restored");
});
