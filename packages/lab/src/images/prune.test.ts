import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isNeededAtRunTime, selectFiles } from "./prune.ts";

describe("isNeededAtRunTime", () => {
  it.each([
    "node_modules/a/index.js",
    "node_modules/a/package.json",
    "node_modules/a/LICENSE",
    "node_modules/@n8n/a/dist/skills/SKILL.md",
    "node_modules/googleapis/build/src/apis/docs/v1.js",
    "node_modules/a/dist/test/index.js",
    "node_modules/typescript/lib/lib.es2024.d.ts",
    "node_modules/a/prebuilds/linux-x64/a.node",
    "node_modules/@napi-rs/canvas-linux-x64-gnu/skia.linux-x64-gnu.node",
    "node_modules/tool/bin/tool-linux-x64",
    "node_modules/windows-iana/dist/index.js",
  ])("keeps %s", (path) => {
    expect(isNeededAtRunTime(path, "x64")).toBe(true);
  });

  it.each([
    "node_modules/a/index.js.map",
    "node_modules/a/index.d.ts",
    "node_modules/a/src/index.mts",
    "node_modules/a/README.md",
    "node_modules/a/CHANGELOG-2.md",
    "node_modules/a/test/index.js",
    "node_modules/@scope/a/docs/index.html",
    "node_modules/a/node_modules/b/examples/index.js",
    "node_modules/a/prebuilds/darwin-x64/a.node",
    "node_modules/a/prebuilds/linux-arm64/a.node",
    "node_modules/a/prebuilds/linux-x64/a.musl.node",
    "node_modules/tool/bin/tool-darwin-x64",
    "node_modules/.bin/a",
    "node_modules/.modules.yaml",
  ])("leaves out %s", (path) => {
    expect(isNeededAtRunTime(path, "x64")).toBe(false);
  });

  it("keeps what the architecture runs", () => {
    expect(isNeededAtRunTime("node_modules/a/prebuilds/linux-arm64/a.node", "arm64")).toBe(true);
    expect(isNeededAtRunTime("node_modules/a/prebuilds/linux-x64/a.node", "arm64")).toBe(false);
  });
});

describe("selectFiles", () => {
  it("leaves out the copy of a package that only bundlers read", async () => {
    const root = await mkdtemp(join(tmpdir(), "berth-select-"));
    try {
      const directory = join(root, "node_modules/a");
      for (const folder of ["cjs", "esm"]) {
        await mkdir(join(directory, folder), { recursive: true });
        await writeFile(join(directory, folder, "index.js"), "");
      }
      await writeFile(join(directory, "package.json"), `{"main":"cjs/index.js","module":"esm/index.js"}`);
      const { needed } = await selectFiles(root, () => true);
      expect(new Set(needed)).toEqual(new Set(["node_modules/a/cjs/index.js", "node_modules/a/package.json"]));
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it("finds what is needed, links too, and counts the rest", async () => {
    const root = await mkdtemp(join(tmpdir(), "berth-select-"));
    try {
      await mkdir(join(root, "deep/er"), { recursive: true });
      await writeFile(join(root, "deep/er/a.js"), "");
      await writeFile(join(root, "deep/a.d.ts"), "");
      await symlink("deep", join(root, "link.js"));
      const { needed, others } = await selectFiles(root, (path) => path.endsWith(".js"));
      expect(needed.toSorted((left, right) => left.localeCompare(right))).toEqual(["deep/er/a.js", "link.js"]);
      expect(others).toBe(1);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
