import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommand } from "../host/command.ts";
import { digestOfBytes, digestOfFile, writeTar } from "./tar.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-tar-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** A folder with the same files, made in the given order and at another time. */
async function makeTree(name: string, files: readonly string[], time: number): Promise<string> {
  const root = join(directory, name);
  await mkdir(join(root, "folder"), { recursive: true });
  for (const file of files) {
    await writeFile(join(root, file), `content of ${file}`);
    await utimes(join(root, file), time, time);
  }
  await symlink("folder/b", join(root, "link"));
  return root;
}

async function packed(root: string, members: readonly string[], recursive = true): Promise<string> {
  const file = `${root}.tar`;
  await writeTar({ root, members, recursive, file });
  return file;
}

const files = ["a", "folder/b", "folder/ü 'x'\n"];

describe("writeTar", () => {
  it("gives the same bytes for the same content, however and whenever it was made", async () => {
    const first = await packed(await makeTree("first", files, 1), ["a", "folder", "link"]);
    const second = await packed(await makeTree("second", files.toReversed(), 2e9), ["link", "folder", "a"]);
    expect(await digestOfFile(first)).toBe(await digestOfFile(second));
  });

  it("gives other bytes for other content", async () => {
    const root = await makeTree("tree", files, 1);
    const before = await digestOfFile(await packed(root, ["a"]));
    await writeFile(join(root, "a"), "content of b");
    expect(await digestOfFile(await packed(root, ["a"]))).not.toBe(before);
  });

  it("leaves a folder's content out unless told", async () => {
    const file = await packed(await makeTree("tree", files, 1), ["folder", "a"], false);
    expect((await runCommand(["tar", "--list", `--file=${file}`])).split("\n")).toEqual(["a", "folder/"]);
  });
});

describe("digestOfFile", () => {
  it("is the digest of the file's bytes", async () => {
    await writeFile(join(directory, "file"), "berth");
    expect(await digestOfFile(join(directory, "file"))).toBe(digestOfBytes("berth"));
  });
});
