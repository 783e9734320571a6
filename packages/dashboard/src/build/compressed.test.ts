import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { compressFiles } from "./compressed.ts";

it("writes scripts and style sheets compressed beside themselves, and nothing else", async () => {
  const directory = await mkdtemp(join(tmpdir(), "berth-compressed-"));
  try {
    await mkdir(join(directory, "assets"));
    const script = "export const value = 1;\n".repeat(100);
    await writeFile(join(directory, "assets/index.js"), script);
    await writeFile(join(directory, "assets/index.css"), "a{}");
    // Documents carry headers by their names.
    await writeFile(join(directory, "index.html"), "<title></title>");
    await compressFiles(directory);
    expect((await readdir(directory, { recursive: true })).toSorted()).toEqual([
      "assets",
      ...["index.css", "index.css.br", "index.css.gz", "index.js", "index.js.br", "index.js.gz"].map(
        (name) => `assets/${name}`,
      ),
      "index.html",
    ]);
    const read = (ending: string) => readFile(join(directory, `assets/index.js.${ending}`));
    expect(brotliDecompressSync(await read("br")).toString()).toBe(script);
    expect(gunzipSync(await read("gz")).toString()).toBe(script);
  } finally {
    await rm(directory, { recursive: true });
  }
});
