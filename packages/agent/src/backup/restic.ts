/** restic in a container: https://restic.readthedocs.io/en/stable/075_scripting.html */
import { stat } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";
import type { Repository } from "@berth/shared/operations/backup-source";
import type { Tool, ToolEngine, ToolMount, ToolSpec } from "../docker/tools.ts";
import { resticError } from "./restic-errors.ts";
import { sshArguments, sshFiles } from "./ssh.ts";
import { drain, toolMemoryBytes, withTool } from "./tool.ts";

const cacheVolume = "berth-restic-cache";
const cacheDirectory = "/cache";
const caFile = "/etc/berth/backup-target.pem";
/** It removes its lock from the repository. */
const graceSeconds = 10;
const keptOutput = 64 * 1024;

export interface ResticDependencies {
  tools: ToolEngine;
  /** Pulls the image when it is not here. */
  ensureImage: (image: string, signal: AbortSignal) => Promise<void>;
}

export interface ResticRun {
  mounts?: readonly ToolMount[];
  /** Waits this long for others to let go of the repository; two minutes unless told. */
  lockWait?: string;
  signal: AbortSignal;
}

/** One owner's repository, as this node reaches it. */
export class Restic {
  readonly repository: Repository;
  readonly #dependencies: ResticDependencies;

  constructor(dependencies: ResticDependencies, repository: Repository) {
    this.#dependencies = dependencies;
    this.repository = repository;
  }

  /** Everything it writes to stdout, 64 KiB at most. Throws when it fails. */
  async run(args: readonly [string, ...string[]], options: ResticRun): Promise<string> {
    let output = "";
    await this.process(args, options, async (tool) => {
      tool.stdin.end();
      for await (const chunk of tool.stdout) output = `${output}${chunk.toString()}`.slice(-keptOutput);
      await this.settle(args[0], tool, output);
    });
    return output;
  }

  /** Its stdout is dropped where it is written. */
  async runQuietly(args: readonly [string, ...string[]], options: ResticRun): Promise<void> {
    await this.process(args, options, async (tool) => {
      tool.stdin.end();
      await drain(tool.stdout);
      await this.settle(args[0], tool, "");
    });
  }

  /** Runs `work` with restic under way; `settle` is for `work` to call. */
  async process<T>(
    args: readonly [string, ...string[]],
    options: ResticRun,
    work: (tool: Tool) => Promise<T>,
  ): Promise<T> {
    const { tools, ensureImage } = this.#dependencies;
    await this.#checkDirectory();
    await ensureImage(this.repository.image, options.signal);
    return withTool(tools, this.#spec(args, options), options.signal, work);
  }

  /** Waits for its end. Throws unless it has succeeded. `output`: what of its stdout tells why. */
  async settle(command: string, tool: Tool, output: string): Promise<void> {
    const code = await tool.exitCode();
    if (code !== 0) throw this.error(command, code, `${output}\n${tool.stderr}`);
  }

  error(command: string, exitCode: number, text: string): BerthError {
    return resticError(this.repository, `restic ${command}`, exitCode, text);
  }

  #spec(args: readonly [string, ...string[]], options: ResticRun): ToolSpec {
    const { image, location, password, env, ca, directory } = this.repository;
    const wait = ["--retry-lock", options.lockWait ?? "2m"];
    return {
      name: `restic ${args[0]}`,
      image,
      argv: [
        "restic",
        ...wait,
        ...(ca === null ? [] : ["--cacert", caFile]),
        ...sshArguments(this.repository),
        ...args,
      ],
      env: {
        ...env,
        RESTIC_REPOSITORY: location,
        RESTIC_PASSWORD: password,
        RESTIC_CACHE_DIR: cacheDirectory,
        RESTIC_PROGRESS_FPS: "0.5",
        // Go would let its heap double before it collects, into the limit.
        GOGC: "50",
        GOMEMLIMIT: `${Math.round(toolMemoryBytes * 0.75)}`,
      },
      files: [...(ca === null ? [] : [{ path: caFile, content: ca }]), ...sshFiles(this.repository)],
      mounts: [
        { source: { volume: cacheVolume }, path: cacheDirectory, readOnly: false },
        ...(directory === null ? [] : [{ source: { directory }, path: directory, readOnly: false }]),
        ...(options.mounts ?? []),
      ],
      memoryBytes: toolMemoryBytes,
      graceSeconds,
    };
  }

  /** Not made when it is missing: where a NAS should be mounted, backups would land on the node's own disk. */
  async #checkDirectory(): Promise<void> {
    const { directory } = this.repository;
    if (directory === null) return;
    const found = await stat(directory).catch(() => null);
    if (found?.isDirectory() === true) return;
    throw new BerthError("not-found", `The node has no directory ${directory}, where backups are kept.`, {
      hint: `Mount it, or make it: mkdir -p ${directory}`,
    });
  }
}
