/** Bundles the agent into dist/agent.mjs: one file, so that installing and upgrading it is copying it. */
import { chmod } from "node:fs/promises";
import { createRequire, isBuiltin } from "node:module";
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

/** Which file has which media type, for minio, which is always told it: a twelfth of the bundle. */
const noMediaTypes: Plugin = {
  name: "no-media-types",
  setup: (build) => {
    build.onLoad({ filter: /mime-db\/db\.json$/ }, () => ({ contents: "{}", loader: "json" }));
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

/**
 * An `import` of one of Node's modules reads all that it exports, and some of that is only loaded once it is read:
 * through `http` alone comes undici, three quarters of a megabyte that the agent never calls. So each name is a value of
 * its own here, read if something in the bundle uses it: an eighth of the agent's weight.
 */
const onlyUsedExports: Plugin = {
  name: "only-used-exports",
  setup: (build) => {
    build.onResolve({ filter: /^[a-z0-9_:/]+$/ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined;
      return { path, namespace: kind === "require-call" ? "builtin-required" : "builtin-imported", sideEffects: false };
    });
    build.onLoad({ filter: /.*/, namespace: "builtin-required" }, ({ path }) => {
      return { contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`, loader: "js" };
    });
    build.onLoad({ filter: /.*/, namespace: "builtin-imported" }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter((name) => name !== "default");
      const read = (name: string): string => `/* @__PURE__ */ (() => builtin[${JSON.stringify(name)}])()`;
      const contents = [
        `const builtin = /* @__PURE__ */ process.getBuiltinModule(${JSON.stringify(path)});`,
        "export default builtin;",
        ...names.map((name) => `export const ${name} = ${read(name)};`),
      ];
      return { contents: contents.join("\n"), loader: "js" };
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
    plugins: [onlyUsedExports, leaveOutUnused, englishOnly, noMediaTypes, onlyOsInfo],
    banner: {
      // CommonJS libraries inside an ES module.
      js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);",
    },
    logLevel: "warning",
  });
  await chmod(outfile, 0o755);
}

if (import.meta.main) await bundleAgent(join(import.meta.dirname, "dist/agent.mjs"));
