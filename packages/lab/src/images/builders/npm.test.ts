import { createHash } from "node:crypto";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { imageCatalog } from "../image-catalog.ts";
import { projectFiles } from "./npm.ts";

const files = projectFiles({
  dependencies: { n8n: "2.41.1" },
  overrides: { "a>b": "1.0.0" },
  builtPackages: ["n8n-editor-ui"],
});

const pnpmfileSchema = z.object({
  hooks: z.object({ readPackage: z.function({ input: [z.unknown()], output: z.unknown() }) }),
});

/** What pnpm makes of a package's manifest, by the hook it is given. */
function readPackage(manifest: unknown): unknown {
  const module: { exports: unknown } = { exports: {} };
  runInNewContext(files[".pnpmfile.cjs"] ?? "", { module });
  return pnpmfileSchema.parse(module.exports).hooks.readPackage(manifest);
}

describe("projectFiles", () => {
  it("pins what is asked for and lays packages out as npm does", () => {
    expect(JSON.parse(files["package.json"] ?? "")).toMatchObject({ dependencies: { n8n: "2.41.1" } });
    expect(JSON.parse(files["pnpm-workspace.yaml"] ?? "")).toMatchObject({
      nodeLinker: "hoisted",
      overrides: { "a>b": "1.0.0" },
    });
  });

  it("spares what a built page was made from", () => {
    const manifest = { name: "n8n-editor-ui", version: "1", dependencies: { vue: "3" }, peerDependencies: { x: "1" } };
    expect(readPackage(manifest)).toEqual({ ...manifest, dependencies: {}, peerDependencies: {} });
  });

  it("leaves every other package alone", () => {
    const manifest = { name: "n8n", version: "1", dependencies: { "n8n-editor-ui": "1" } };
    expect(readPackage(manifest)).toEqual(manifest);
  });
});

describe("the locks of the catalog", () => {
  const locked = imageCatalog
    .flatMap((image) => image.layers)
    .flatMap((layer) => (layer.kind === "npm" && layer.lock !== undefined ? [{ ...layer, lock: layer.lock }] : []));

  it("are there", () => {
    expect(locked).not.toEqual([]);
  });

  it("belong to what the definitions ask for, or pnpm would refuse them", () => {
    for (const layer of locked) {
      const hook = createHash("sha256")
        .update(projectFiles(layer)[".pnpmfile.cjs"] ?? "")
        .digest("base64");
      expect(layer.lock).toContain(`pnpmfileChecksum: sha256-${hook}\n`);
      for (const version of [...Object.values(layer.dependencies), ...Object.values(layer.overrides)]) {
        expect(layer.lock).toContain(`: ${version}\n`);
      }
    }
  });
});
