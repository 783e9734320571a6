/** What hosts are given: the agent, and a Node runtime for each architecture, compressed once and kept. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { compressOnce } from "./compress.ts";
import { type Architecture, findRuntime, ownArchitecture, runtimeVersion } from "./runtime.ts";

/** Path on the controller's HTTPS server under which the files are. */
export const downloadsPath = "/agent/downloads";

export interface Download {
  /** Where the HTTPS server offers it: `/agent/downloads/<name>`. */
  path: string;
  /** Where it is on the controller. */
  file: string;
  /** Of the file; hex. */
  sha256: string;
  /** Of the file, in bytes. */
  size: number;
  /** `agent` is agent.mjs as it is; `runtime` is the gzip of a Node binary. */
  kind: "agent" | "runtime";
  /** Null: for all. */
  architecture: Architecture | null;
}

export interface DownloadsOptions {
  /** Holds what was prepared, over restarts. */
  directory: string;
  /** Directory with the built agent, agent.mjs. */
  agentBundle: string;
  /** Version of the agent. */
  version: string;
  /** Whether to begin with the runtime for the controller's own architecture at once; so when left out. */
  beginRuntime?: boolean;
}

export interface Downloads {
  /** Version of the agent. */
  version: string;
  /** Version of Node, `v24.21.0`. */
  runtime: string;
  /** Directory under versions/ on a host: `<version>-<start of its SHA-256>`. */
  bundle: string;
  agent: Download;
  /** The runtime for hosts of this architecture, fetched when it is another than the controller's. */
  runtimeFor: (architecture: Architecture) => Promise<Download>;
  /** All that is ready now. */
  list: () => Download[];
}

const agentFile = "agent.mjs";
const fingerprintLength = 12;

/**
 * Ready when the agent is. The runtime for the controller's own architecture is begun at once, since it takes seconds
 * at the very first start and is surely wanted.
 */
export async function prepareDownloads(options: DownloadsOptions): Promise<Downloads> {
  const { directory, version } = options;
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const agent = await keepAgent(directory, options);
  const runtimes = new Map<Architecture, Promise<Download>>();
  const ready = new Map<Architecture, Download>();
  const runtimeFor = (architecture: Architecture): Promise<Download> => {
    const known = runtimes.get(architecture);
    if (known !== undefined) return known;
    const preparing = prepareRuntime(directory, architecture);
    runtimes.set(architecture, preparing);
    preparing.then(
      (download) => ready.set(architecture, download),
      // Not kept: what was missing may be there at the next try.
      () => runtimes.delete(architecture),
    );
    return preparing;
  };
  const own = ownArchitecture();
  // Whoever asks for it is told what went wrong.
  if (own !== null && options.beginRuntime !== false) runtimeFor(own).catch(() => undefined);
  return {
    version,
    runtime: runtimeVersion,
    bundle: bundleName(version, agent.sha256),
    agent,
    runtimeFor,
    list: () => [agent, ...ready.values()],
  };
}

/** A copy, since the build may be replaced while hosts are being given it. */
async function keepAgent(directory: string, { agentBundle, version }: DownloadsOptions): Promise<Download> {
  const source = join(agentBundle, agentFile);
  const content = await readFile(source).catch((cause: unknown) => {
    throw new BerthError("internal", `The agent was not built: ${source} cannot be read`, {
      hint: "Run: pnpm build",
      cause,
    });
  });
  const sha256 = createHash("sha256").update(content).digest("hex");
  const file = join(directory, `agent-${bundleName(version, sha256)}.mjs`);
  await writeFile(`${file}.next`, content);
  await rename(`${file}.next`, file);
  return {
    path: pathOf(file),
    file,
    sha256,
    size: content.length,
    kind: "agent",
    architecture: null,
  };
}

function bundleName(version: string, sha256: string): string {
  return `${version}-${sha256.slice(0, fingerprintLength)}`;
}

function pathOf(file: string): string {
  return `${downloadsPath}/${basename(file)}`;
}

async function prepareRuntime(directory: string, architecture: Architecture): Promise<Download> {
  const binary = await findRuntime(directory, architecture);
  const { size, mtimeMs } = await stat(binary);
  const file = join(directory, `node-${runtimeVersion}-linux-${architecture}.gz`);
  const compressed = await compressOnce(file, `${binary} ${size} ${mtimeMs}`, () => createReadStream(binary));
  return { path: pathOf(file), file, ...compressed, kind: "runtime", architecture };
}
