/**
 * Bundles the CLI and the controller: dist/berth.mjs is the entry, everything it does not need at once lies in chunks
 * beside it (commander, zod, each command, the controller itself), loaded when a command asks for it. With them come
 * what the controller serves: dist/page, the built dashboard, and dist/agent, the built agent.
 */
import { cp, readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";

const directory = import.meta.dirname;
const output = `${directory}/dist`;

/** zod's messages in forty languages, which nothing here asks for, would be half of what a command loads. */
const englishOnly: Plugin = {
  name: "english-only",
  setup(bundle) {
    bundle.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      loader: "js",
    }));
  },
};

const { metafile } = await build({
  entryPoints: { berth: `${directory}/src/cli/berth.ts` },
  outdir: output,
  outExtension: { ".js": ".mjs" },
  // Beside the entry, so that import.meta.dirname is dist in all of them.
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  // A comment with a curly quote would have V8 keep the whole text at two bytes a character.
  minifyWhitespace: true,
  legalComments: "linked",
  sourcemap: "linked",
  sourcesContent: false,
  // Native code, worker files of their own, and packages that find files beside themselves.
  external: [
    "better-sqlite3",
    "ssh2",
    "cpu-features",
    "*.node",
    "pino",
    "thread-stream",
    "@fastify/swagger",
    "@fastify/swagger-ui",
  ],
  // CommonJS packages inside an ES module still call require().
  banner: {
    js: 'import{createRequire as berthCreateRequire}from"node:module";const require=berthCreateRequire(import.meta.url);',
  },
  plugins: [englishOnly],
  metafile: true,
  logLevel: "warning",
});
await cp(`${directory}/../dashboard/dist`, `${output}/page`, { recursive: true });
await cp(`${directory}/../agent/dist`, `${output}/agent`, { recursive: true });
await removeAllBut(await filesToKeep());

/** This build's own files, and those that it copied. */
async function filesToKeep(): Promise<Set<string>> {
  const copied = await Promise.all(
    ["page", "agent"].map(async (name) => {
      const source = `${directory}/../${name === "page" ? "dashboard" : name}/dist`;
      return (await readdir(source, { recursive: true })).map((file) => join(output, name, file));
    }),
  );
  return new Set([...Object.keys(metafile.outputs).map((file) => resolve(file)), ...copied.flat()]);
}

/** What earlier builds left goes after the new build is there: at no moment is there no command. */
async function removeAllBut(built: ReadonlySet<string>): Promise<void> {
  for (const entry of await readdir(output, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !built.has(file)) await rm(file, { force: true });
  }
}
