/** Programs of the host, run to their end. */
import { spawn } from "node:child_process";
import { setPriority } from "node:os";

export interface ProgramEnd {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  /** It gives way to everything else that wants the processor. */
  yielding?: boolean;
}

const longestText = 16 * 1024;
const lowestPriority = 19;

/** It has ended when this settles, also when it was aborted: nothing writes any more. */
export async function runProgram(
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
  { yielding = false }: ProgramOptions = {},
): Promise<ProgramEnd> {
  signal.throwIfAborted();
  // It must not outlive an agent that is killed: the next one begins anew.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject);
  child.once("close", resolve);
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] = `${texts[name]}${text}`.slice(-longestText);
    });
  }
  if (yielding && child.pid !== undefined) lower(child.pid);
  const onAbort = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const code = await promise;
    signal.throwIfAborted();
    return { code, ...texts };
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function lower(pid: number): void {
  try {
    setPriority(pid, lowestPriority);
  } catch {
    // It has ended already, or the host does not allow it: it is run all the same.
  }
}
