/** Bundles the agent into dist/agent.mjs: one file, so that installing and upgrading it is copying it. */
import { chmod } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build as bundle, type Plugin } from "esbuild";

/**
 * Parts of libraries that an agent on a Unix socket never calls: dockerode's SSH transport and its BuildKit sessions.
 * They would more than double the bundle, and each agent's memory with it.
 */
const unused = /^(?:ssh2|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs|cpu-features)$/;

const leaveOutUnused: Plugin = {
  name: "leave-out-unused",
  setup: (build) => {
    build.onResolve({ filter: unused }, ({ path }) => ({ path, namespace: "unused" }));
    build.onLoad({ filter: /.*/, namespace: "unused" }, () => ({ contents: "module.exports = {};", loader: "js" }));
  },
};

/** zod brings its messages in fifty languages; the agent's are English. */
const englishOnly: Plugin = {
  name: "english-only",
  setup: (build) => {
    build.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => {
      return { contents: 'export { default as en } from "./en.js";', loader: "js" };
    });
  },
};

/** Of all that systeminformation knows, the agent asks for the operating system: the one file that tells it will do. */
const onlyOsInfo: Plugin = {
  name: "only-os-info",
  setup: (build) => {
    build.onResolve({ filter: /^systeminformation$/ }, ({ resolveDir }) => {
      return { path: createRequire(join(resolveDir, "x")).resolve("systeminformation/lib/osinfo.js") };
    });
  },
};

export async function bundleAgent(outfile: string): Promise<void> {
  await bundle({
    entryPoints: ["src/main.ts"],
    outfile,
    absWorkingDir: import.meta.dirname,
    bundle: true,
    minify: true,
    // Names in stack traces.
    keepNames: true,
    platform: "node",
    format: "esm",
    target: "node24",
    // Only ASCII: V8 then keeps the source at one byte a character.
    charset: "ascii",
    legalComments: "none",
    plugins: [leaveOutUnused, englishOnly, onlyOsInfo],
    banner: {
      // CommonJS libraries inside an ES module.
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
    logLevel: "warning",
  });
  await chmod(outfile, 0o755);
}

if (import.meta.main) await bundleAgent(join(import.meta.dirname, "dist/agent.mjs"));
