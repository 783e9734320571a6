import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import { runCommand } from "../../host/command.ts";
import type { NodeLayer, NpmLayer } from "../definition.ts";
import { type Architecture, isNeededAtRunTime, selectFiles } from "../prune.ts";
import type { StagedLayer } from "./staged.ts";

const installDeadlineMs = 1_500_000;
/** pnpm reports several times a second, for minutes. */
const progressIntervalMs = 5000;
const lockFile = "pnpm-lock.yaml";
const libraryFolder = "usr/local/lib";

export interface InstallRequest {
  directory: string;
  /** Downloaded packages, kept between builds; on the same file system as `directory`, for hard links. */
  storeDirectory: string;
  dependencies: Readonly<Record<string, string>>;
  overrides: Readonly<Record<string, string>>;
  builtPackages: readonly string[];
  lock?: string | undefined;
}

/** Installs packages into DIRECTORY/node_modules without running a script of theirs. Returns the lock that holds now. */
async function installPackages(request: InstallRequest, onLine: (line: string) => void): Promise<string> {
  const report = throttled(onLine, progressIntervalMs);
  await mkdir(request.directory, { recursive: true });
  const files = projectFiles(request);
  if (request.lock !== undefined) files[lockFile] = request.lock;
  for (const [name, content] of Object.entries(files)) await writeFile(join(request.directory, name), content);
  await runCommand(
    [
      process.execPath,
      pnpmProgram(),
      "install",
      "--prod",
      "--ignore-scripts",
      request.lock === undefined ? "--no-frozen-lockfile" : "--frozen-lockfile",
      "--reporter=append-only",
      `--store-dir=${request.storeDirectory}`,
    ],
    {
      cwd: request.directory,
      deadlineMs: installDeadlineMs,
      env: { CI: "true" },
      onLine: (line) => {
        if (line.startsWith("Progress:")) report(line);
      },
    },
  );
  const madeLock = await readFile(join(request.directory, lockFile), "utf8");
  for (const name of [...Object.keys(files), lockFile]) await rm(join(request.directory, name), { force: true });
  return madeLock;
}

/** Hands on a line at most every `intervalMs`; what comes between is dropped. */
function throttled(onLine: (line: string) => void, intervalMs: number): (line: string) => void {
  let next = 0;
  return (line) => {
    if (performance.now() < next) return;
    next = performance.now() + intervalMs;
    onLine(line);
  };
}

/** The files that tell pnpm what to install and how. */
export function projectFiles(
  request: Pick<InstallRequest, "dependencies" | "overrides" | "builtPackages">,
): Record<string, string> {
  return {
    "package.json": JSON.stringify({ name: "image", private: true, dependencies: request.dependencies }),
    // YAML is a superset of JSON.
    "pnpm-workspace.yaml": JSON.stringify({
      // Programs that were made for npm look for packages of others at the root of the tree.
      nodeLinker: "hoisted",
      packageImportMethod: "hardlink",
      autoInstallPeers: true,
      strictPeerDependencies: false,
      overrides: request.overrides,
    }),
    ".pnpmfile.cjs": `const built = new Set(${JSON.stringify(request.builtPackages)});
module.exports = {
  hooks: {
    readPackage: (manifest) =>
      built.has(manifest.name) ? { ...manifest, dependencies: {}, peerDependencies: {} } : manifest,
  },
};
`,
  };
}

/** pnpm comes with the lab, so that a machine without npm can build images. */
function pnpmProgram(): string {
  return join(dirname(createRequire(import.meta.url).resolve("pnpm")), "bin", "pnpm.cjs");
}

function architecture(): Architecture {
  if (process.arch === "x64" || process.arch === "arm64") return process.arch;
  throw new BerthError("host.unsupported", `The lab builds images for amd64 and arm64, not for ${process.arch}`);
}

/** A program from npm with all it depends on, less what no container needs. */
export async function stageNpm(
  layer: NpmLayer,
  workbench: string,
  storeDirectory: string,
  onLine: (line: string) => void,
): Promise<StagedLayer> {
  const root = join(workbench, "root");
  const directory = join(root, libraryFolder);
  onLine(
    `Installing ${Object.entries(layer.dependencies)
      .map(([name, version]) => `${name}@${version}`)
      .join(", ")}`,
  );
  const name = Object.keys(layer.dependencies)[0] ?? "npm";
  const lock = await installPackages({ directory, storeDirectory, ...layer }, (line) => onLine(`${name}: ${line}`));
  const unwanted = layer.leaveOut.map((pattern) => new RegExp(pattern));
  const { needed, others } = await selectFiles(
    directory,
    (path) => isNeededAtRunTime(path, architecture()) && !unwanted.some((pattern) => pattern.test(path)),
  );
  onLine(`${name}: ${needed.length} of ${needed.length + others} files are needed at run time`);
  // Without folders: Docker makes those above a file by itself.
  return { root, members: needed.map((path) => `${libraryFolder}/${path}`), recursive: false, lock };
}

const nodePackageSchema = z.object({ version: z.string() });

/** The Node binary of the npm package that the `node` package itself installs for this architecture. */
export async function stageNode(
  layer: NodeLayer,
  workbench: string,
  storeDirectory: string,
  onLine: (line: string) => void,
): Promise<StagedLayer> {
  const name = `node-linux-${architecture()}`;
  const directory = join(workbench, "node");
  const request = { dependencies: { [name]: layer.version }, overrides: {}, builtPackages: [] };
  await installPackages({ directory, storeDirectory, ...request }, onLine);
  const installed = join(directory, "node_modules", name);
  const { version } = nodePackageSchema.parse(JSON.parse(await readFile(join(installed, "package.json"), "utf8")));
  if (version !== layer.version) throw new BerthError("lab.failed", `npm gave Node ${version}, not ${layer.version}`);
  const root = join(workbench, "root");
  await mkdir(join(root, "usr/local/bin"), { recursive: true });
  await writeFile(join(root, "usr/local/bin/node"), await readFile(join(installed, "bin/node")), { mode: 0o755 });
  return { root, members: ["usr/local/bin/node"], recursive: false };
}
