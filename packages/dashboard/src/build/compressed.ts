/** Scripts and style sheets are written compressed, too, once and as small as it gets: the controller sends what the browser takes. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import type { Plugin } from "vite";

/** Browsers take brotli over TLS and from this machine only. */
const forms = { br: promisify(brotliCompress), gz: (data: Buffer) => promisify(gzip)(data, { level: 9 }) };

export function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle: async ({ dir = "" }) => compressFiles(dir),
  };
}

export async function compressFiles(directory: string): Promise<void> {
  const names = await readdir(directory, { recursive: true });
  for (const name of names.filter((one) => /\.(?:js|css)$/.test(one))) {
    const file = join(directory, name);
    const data = await readFile(file);
    for (const [ending, compress] of Object.entries(forms)) await writeFile(`${file}.${ending}`, await compress(data));
  }
}
