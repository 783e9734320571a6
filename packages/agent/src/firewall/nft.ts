/** nft(8): rulesets go in by standard input, its table comes out as JSON. */
import { type ExecFileException, execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { BerthError } from "@berth/shared/errors";
import { errorCode } from "../files.ts";
import { tableNames, type TableContent, tableContent } from "./nft-json.ts";
import { table } from "./ruleset.ts";

const deadlineMilliseconds = 20_000;
/** A table of thousands of rules. */
const longestOutput = 32 * 1024 * 1024;

export class Nft {
  readonly #command: readonly [string, ...string[]];

  /** With another command for tests: in a network namespace of their own. */
  constructor(command: readonly [string, ...string[]] = ["nft"]) {
    this.#command = command;
  }

  /** Carries the ruleset out in one transaction: all of it, or nothing. */
  async apply(ruleset: string, signal: AbortSignal): Promise<void> {
    await this.#run(["-f", "-"], ruleset, signal);
  }

  /** Berth's table as the kernel has it; null when there is none. */
  async readTable(signal: AbortSignal): Promise<TableContent | null> {
    try {
      return tableContent(await this.#run(["-j", "list", "table", table.family, table.name], "", signal));
    } catch (error) {
      signal.throwIfAborted();
      // nft tells a table that is not there from another failure by its words alone.
      if (!(await this.tables(table.family, signal)).includes(table.name)) return null;
      throw error;
    }
  }

  /** Names of all tables of the family. */
  async tables(family: string, signal: AbortSignal): Promise<string[]> {
    return tableNames(await this.#run(["-j", "list", "tables", family], "", signal));
  }

  /** Tells each change of Berth's table as it happens. Resolves when nft ends; rejects when the signal ends it. */
  async follow(onChange: () => void, signal: AbortSignal): Promise<void> {
    const [file, ...before] = this.#command;
    const child = spawn(file, [...before, "monitor"], { stdio: ["ignore", "pipe", "ignore"], signal });
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
    child.once("error", reject);
    child.once("close", () => {
      resolve();
    });
    const name = ` ${table.family} ${table.name}`;
    createInterface({ input: child.stdout }).on("line", (line) => {
      // It says so where the kernel told more than it could read, and goes on.
      if (line.includes(name) || line.startsWith("# ERROR")) onChange();
    });
    await ended;
  }

  async #run(args: readonly string[], input: string, signal: AbortSignal): Promise<string> {
    const [file, ...before] = this.#command;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const options = {
      signal,
      timeout: deadlineMilliseconds,
      killSignal: "SIGKILL" as const,
      maxBuffer: longestOutput,
      env: { ...process.env, LC_ALL: "C" },
    };
    const child = execFile(file, [...before, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(signal.aborted ? signal.reason : nftError(error, stderr));
    });
    // nft may end before it has read everything: its exit code says why.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
    return promise;
  }
}

/**
 * An agent that was installed before there were firewalls has neither nft nor the right to use it, and an upgrade of the
 * agent alone changes neither: its unit may not be written by itself. Installing it again brings both at once.
 */
const installAnew =
  "It was installed by an older version. On the node: systemctl stop berth-agent. Then `berth apply` installs it anew with " +
  "all that it needs; where Berth has no SSH, the line that `berth node token` prints does.";

/** What nft failed with, in the words of the catalogue. */
export function nftError(error: ExecFileException, stderr: string): BerthError {
  if (errorCode(error) === "ENOENT") {
    return new BerthError("host.unsupported", "The node has no nft, which its firewall is made with.", {
      hint: installAnew,
      cause: error,
    });
  }
  if (error.killed === true) {
    return new BerthError("deadline.exceeded", `Waited ${deadlineMilliseconds / 1000} s for nft.`, { cause: error });
  }
  const [reason = ""] = stderr.split("\n").filter((line) => line.trim() !== "");
  if (/operation not permitted/i.test(stderr)) {
    return new BerthError("host.unsupported", `The agent may not change the node's packet filter: ${reason}`, {
      hint: installAnew,
      cause: error,
    });
  }
  return new BerthError("host.unsupported", `nft does not take the node's firewall: ${reason || error.message}`, {
    hint: "The kernel must have nf_tables with conntrack, fib and connlimit; on a Proxmox VE host: modprobe -a nf_tables nft_fib_inet nft_ct nft_connlimit.",
    cause: error,
  });
}
