/** Runs another subcommand of this agent as a short-lived process: what it loads is gone with it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What it prints. Nothing secret goes by argument or comes by output. */
export async function runSelf(subcommand: string, milliseconds: number): Promise<string> {
  const [entry] = process.argv.slice(1);
  if (entry === undefined) throw new Error("the agent does not know its own file");
  // Without this process's flags: they trade speed for memory, and the child ends at once.
  const { stdout } = await run(process.execPath, ["--disable-warning=ExperimentalWarning", entry, subcommand], {
    timeout: milliseconds,
    maxBuffer: 1024 * 1024,
  });
  return stdout;
}
