import { errorCatalogue, toBerthError } from "@berth/shared/errors";
import type { Command } from "commander";

/** Runs a command's program; a failure is one sentence, a hint and an exit code. */
export async function runProgram(program: Command): Promise<void> {
  try {
    await program.parseAsync();
  } catch (thrown) {
    const error = toBerthError(thrown, "lab.failed");
    process.stderr.write(`berth: ${error.message}\n${error.hint === undefined ? "" : `${error.hint}\n`}`);
    process.exitCode = errorCatalogue[error.code].exitCode;
  }
}
