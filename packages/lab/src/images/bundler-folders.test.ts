import { describe, expect, it } from "vitest";
import { bundlerFolders } from "./bundler-folders.ts";

describe("bundlerFolders", () => {
  it("finds the copies that Node never reads", () => {
    const manifest = { main: "./build/src/index.js", module: "build/esm/index.js", esnext: "build/esnext/index.js" };
    expect(bundlerFolders(manifest)).toEqual(["build/esm", "build/esnext"]);
  });

  it("leaves a package alone whose exports may lead there", () => {
    expect(
      bundlerFolders({ main: "cjs/index.js", module: "esm/index.js", exports: { import: "./esm/index.js" } }),
    ).toEqual([]);
  });

  it("leaves alone what the main entry is in, or could read", () => {
    expect(bundlerFolders({ main: "dist/cjs/index.js", module: "dist/index.mjs" })).toEqual([]);
    expect(bundlerFolders({ main: "lib/index.js", module: "lib/index.mjs" })).toEqual([]);
    expect(bundlerFolders({ module: "index.mjs" })).toEqual([]);
    expect(bundlerFolders({ main: "./xlsx.js", module: "dist/xlsx.mjs" })).toEqual([]);
  });

  it.each([null, "text", {}, { main: 1, module: 2 }])("finds none in %j", (manifest) => {
    expect(bundlerFolders(manifest)).toEqual([]);
  });
});
