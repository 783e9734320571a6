import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changedPaths, indexTree, removeMatches } from "./tree.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "berth-tree-"));
  await mkdir(join(root, "usr/bin"), { recursive: true });
  await writeFile(join(root, "usr/bin/program"), "one");
  await writeFile(join(root, "usr/readme"), "text");
  await symlink("program", join(root, "usr/bin/link"));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

describe("changedPaths", () => {
  it("finds nothing between a tree and itself", async () => {
    expect(changedPaths(await indexTree(root), await indexTree(root))).toEqual([]);
  });

  it("finds new paths, other content, other modes and other link targets", async () => {
    const below = await indexTree(root);
    await writeFile(join(root, "usr/bin/program"), "two");
    await chmod(join(root, "usr/readme"), 0o600);
    await rm(join(root, "usr/bin/link"));
    await symlink("other", join(root, "usr/bin/link"));
    await writeFile(join(root, "new"), "");
    expect(changedPaths(await indexTree(root), below)).toEqual([
      "new",
      "usr/bin/link",
      "usr/bin/program",
      "usr/readme",
    ]);
  });
});

describe("removeMatches", () => {
  it("removes files and folders, and minds no pattern without a match", async () => {
    await removeMatches(root, ["usr/b*", "not/there"]);
    expect(await readdir(join(root, "usr"))).toEqual(["readme"]);
  });
});
