import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { exchangeVolume, finishExchange, undoExchange, type VolumeExchange } from "./exchange.ts";

let root: string;
let directories: VolumeExchange;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "berth-exchange-"));
  directories = { volume: join(root, "volume"), next: join(root, "next"), former: join(root, "former") };
  await mkdir(directories.volume);
  await mkdir(directories.next);
  await writeFile(join(directories.volume, "note"), "former");
  await writeFile(join(directories.next, "note"), "restored");
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const note = async () => readFile(join(directories.volume, "note"), "utf8");

it("puts the restored files in place, and keeps the former ones aside", async () => {
  await exchangeVolume(directories);
  expect(await note()).toBe("restored");
  expect(await readdir(root)).toEqual(["former", "volume"]);
});

it("changes nothing without restored files", async () => {
  await rm(directories.next, { recursive: true });
  await expect(exchangeVolume(directories)).rejects.toThrow("ENOENT");
  expect(await note()).toBe("former");
});

it("is undone after a kill between its two steps, and only then", async () => {
  await undoExchange(directories);
  expect(await note()).toBe("former");
  await rename(directories.volume, directories.former);
  await undoExchange(directories);
  expect(await note()).toBe("former");
  await exchangeVolume(directories);
  await undoExchange(directories);
  expect(await note()).toBe("restored");
});

it("is carried on after a kill at any of its steps, and not begun again", async () => {
  await rename(directories.volume, directories.former);
  for (const time of ["first", "second"]) {
    await finishExchange(directories);
    expect([time, await note()]).toEqual([time, "restored"]);
    expect(await readdir(root)).toEqual(["former", "volume"]);
  }
});

it("takes an empty directory for what was there", async () => {
  await mkdir(directories.former);
  await finishExchange(directories);
  expect(await note()).toBe("restored");
  expect(await readdir(directories.former)).toEqual(["note"]);
});
