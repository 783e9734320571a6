/** The real CLI, against the controller of a lab. */
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { execa, type Options } from "execa";
import type * as z from "zod";
import { repository } from "./controller.ts";

const cli = join(repository, "packages/controller/dist/berth.mjs");

/** The shell's exit code for a command that Ctrl-C ended. */
export const interrupted = 130;

/** Runs `berth ARGUMENTS` with this terminal's streams unless told otherwise. Never throws for an exit code. */
export function runBerth<const T extends Options>(socket: string, parameters: readonly string[], options: T) {
  return execa(process.execPath, [cli, ...parameters], {
    ...options,
    reject: false,
    env: { BERTH_CONTROLLER: `unix:${socket}` },
  });
}

/** The two ways to use it. */
export interface LabCli {
  /** What `berth PARAMETERS --json` prints. Throws `lab.failed` with what it said when it fails. */
  ask: <Schema extends z.ZodType>(parameters: readonly string[], schema: Schema) => Promise<z.output<Schema>>;
  /** Runs it on this terminal, or with `input` to read, and answers with its exit code; Ctrl-C makes that 130. */
  show: (parameters: readonly string[], input?: string) => Promise<number>;
}

export function labCli(socket: string): LabCli {
  return {
    ask: async (parameters, schema) => {
      const { exitCode, stdout, stderr } = await runBerth(socket, [...parameters, "--json"], {});
      if (exitCode === 0) return schema.parse(JSON.parse(stdout));
      throw new BerthError("lab.failed", `\`berth ${parameters.join(" ")}\` failed: ${stderr.trim()}`);
    },
    show: async (parameters, input) => {
      const subprocess = runBerth(socket, parameters, {
        stdio: [input === undefined ? "inherit" : "pipe", "inherit", "inherit"],
        ...(input === undefined ? {} : { input }),
      });
      // Ctrl-C is the CLI's to handle: it detaches from the run, which goes on.
      const passOn = (): boolean => subprocess.kill("SIGINT");
      process.on("SIGINT", passOn);
      try {
        const { exitCode, signal } = await subprocess;
        return exitCode ?? (signal === "SIGINT" ? interrupted : 1);
      } finally {
        process.off("SIGINT", passOn);
      }
    },
  };
}
