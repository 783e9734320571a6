import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type CommandOptions, runCommand, tryCommand } from "../../host/command.ts";
import { unmountBelow } from "../../host/mounts.ts";
import { startLongLived, stopLongLived } from "../../host/processes.ts";
import { waitFor } from "../../host/wait.ts";
import { inNamespace, tryInNamespace } from "../../network/namespace.ts";

const processName = "dockerd";
const startDeadlineMs = 60_000;
const pullDeadlineMs = 900_000;

export interface EngineOptions {
  namespace: string;
  stateDirectory: string;
  /** PEM of the one authority that the engine trusts. */
  caFile: string;
}

/** A Docker engine of its own inside a lab's network, as a node has one, for tests of what the registry serves. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #socket: string;

  private constructor(options: EngineOptions) {
    this.#options = options;
    this.#socket = join(options.stateDirectory, "docker.sock");
  }

  static async start(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options);
    const directory = join(options.stateDirectory, "docker");
    await mkdir(directory, { recursive: true });
    await startLongLived({
      name: processName,
      argv: inNamespace(options.namespace, [
        "dockerd",
        `--data-root=${join(directory, "data")}`,
        `--exec-root=${join(directory, "exec")}`,
        `--pidfile=${join(directory, "pid")}`,
        `--host=unix://${engine.#socket}`,
        "--log-level=warn",
      ]),
      stateDirectory: options.stateDirectory,
      // In place of /etc/docker/certs.d, which belongs to the machine's own engine.
      env: { SSL_CERT_FILE: options.caFile },
    });
    await waitFor({
      what: "The Docker engine's first answer",
      deadlineMs: startDeadlineMs,
      intervalMs: 200,
      check: async () => ((await engine.try("info")).exitCode === 0 ? true : undefined),
    });
    return engine;
  }

  /** Runs a `docker` command and returns what it printed, without the newline at its end. */
  async docker(...argv: string[]): Promise<string> {
    return (
      await runCommand(["docker", `--host=unix://${this.#socket}`, ...argv], { deadlineMs: pullDeadlineMs })
    ).trim();
  }

  try(...argv: string[]): ReturnType<typeof tryCommand> {
    return tryCommand(["docker", `--host=unix://${this.#socket}`, ...argv]);
  }

  /** Puts the text of a tar into a container; directories that are missing are made. */
  async unpack(container: string, archive: string): Promise<void> {
    const argv = ["docker", `--host=unix://${this.#socket}`, "cp", "-", `${container}:/`] as const;
    await runCommand(argv, { input: archive });
  }

  address(container: string): Promise<string> {
    return this.docker("inspect", "--format={{.NetworkSettings.IPAddress}}", container);
  }

  /** The status that a URL in the lab's network answers, or undefined when nothing answers. */
  async status(url: string, options: CommandOptions = {}): Promise<number | undefined> {
    const argv = [
      "curl",
      "--silent",
      "--max-time",
      "5",
      "--output",
      "/dev/null",
      "--write-out",
      "%{http_code}",
      url,
    ] as const;
    const { exitCode, stdout } = await tryInNamespace(this.#options.namespace, argv, options);
    return exitCode === 0 ? Number(stdout) : undefined;
  }

  /** Removes the containers and volumes, ends the engine and leaves none of its mounts. */
  async stop(): Promise<void> {
    const containers = (await this.docker("ps", "--all", "--quiet")).split("\n").filter((id) => id !== "");
    if (containers.length > 0) await this.docker("rm", "--force", "--volumes", ...containers);
    await stopLongLived(this.#options.stateDirectory, processName);
    await unmountBelow(this.#options.stateDirectory);
    await rm(join(this.#options.stateDirectory, "docker"), { recursive: true, force: true });
  }
}
