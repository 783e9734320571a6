import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../src/host/command.ts";
import { waitFor } from "../src/host/wait.ts";
import { runInNamespace, tryInNamespace } from "../src/network/namespace.ts";
import type { Lab } from "../src/state.ts";

/** A key pair for one test file. */
export class SshKey {
  readonly publicKey: string;
  readonly #directory: string;

  private constructor(publicKey: string, directory: string) {
    this.publicKey = publicKey;
    this.#directory = directory;
  }

  static async create(): Promise<SshKey> {
    const directory = await mkdtemp(join(tmpdir(), "berth-lab-key-"));
    const file = join(directory, "key");
    await runCommand(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file]);
    return new SshKey((await readFile(`${file}.pub`, "utf8")).trim(), directory);
  }

  #argv(address: string, command: string): [string, ...string[]] {
    const options = [
      "StrictHostKeyChecking=no",
      "UserKnownHostsFile=/dev/null",
      "ConnectTimeout=2",
      "BatchMode=yes",
      "LogLevel=ERROR",
    ];
    const flags = options.flatMap((option) => ["-o", option]);
    return ["ssh", "-i", join(this.#directory, "key"), ...flags, `root@${address}`, command];
  }

  /** Runs a command on a node and returns what it prints. */
  run(lab: Lab, address: string, command: string): Promise<string> {
    return runInNamespace(lab.namespace, this.#argv(address, command), { deadlineMs: 60_000 });
  }

  /** Whether the command succeeds; a node that does not answer is a no. */
  async succeeds(lab: Lab, address: string, command: string): Promise<boolean> {
    return (await tryInNamespace(lab.namespace, this.#argv(address, command), { deadlineMs: 60_000 })).exitCode === 0;
  }

  async waitForLogin(lab: Lab, address: string): Promise<void> {
    await waitFor({
      what: `SSH on ${address}`,
      deadlineMs: 60_000,
      intervalMs: 200,
      check: async () => ((await this.succeeds(lab, address, "true")) ? true : undefined),
    });
  }

  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true });
  }
}
