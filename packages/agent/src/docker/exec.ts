/** A command in a container: its terminal, its exit code, and its end when nobody follows it any more. */
import { readFile } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";
import type Dockerode from "dockerode";
import { pause } from "../deadline.ts";
import { errorCode } from "../files.ts";
import type { ExecSession, TerminalSize } from "./engine.ts";
import { ask, askFor } from "./ask.ts";
import { commandOutput } from "./command-output.ts";

const resizeAttempts = 20;
const resizeMilliseconds = 25;
/** For a command to end after SIGHUP, before it is killed. */
const hangUpMilliseconds = 5_000;
const lookMilliseconds = 250;
const never = new AbortController().signal;

export async function startExec(
  docker: Dockerode,
  container: string,
  command: readonly string[],
  tty: TerminalSize | null,
): Promise<ExecSession> {
  const what = `run a command in ${container}`;
  const made = docker.getContainer(container).exec({
    Cmd: [...command],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: tty !== null,
  });
  const exec = await ask(what, made);
  const stream = await ask(what, exec.start({ hijack: true, stdin: true, Tty: tty !== null }));
  // At once: what has ended already tells nobody who comes later.
  const output = commandOutput(stream, endOf(exec, container));
  try {
    if (tty !== null) await sizeAtStart(exec, tty, command);
  } catch (error) {
    stream.destroy();
    await hangUp(exec, container).catch(() => undefined);
    throw error;
  }
  return {
    input: stream,
    output,
    resize: async (columns, rows) => resize(exec, { columns, rows }),
    hangUp: async () => hangUp(exec, container),
    exitCode: async () => (await inspect(exec))?.ExitCode ?? null,
  };
}

/** Tells, whenever it is asked, whether the command has ended. Docker itself does not until it has dropped the output. */
function endOf(exec: Dockerode.Exec, container: string): () => Promise<boolean> {
  let pid: number | undefined;
  return async () => {
    if (pid !== undefined) return !(await isInContainer(pid, container));
    const state = await inspect(exec);
    if (state?.Running !== true) return true;
    if (await isInContainer(state.Pid, container)) pid = state.Pid;
    return false;
  };
}

async function resize(exec: Dockerode.Exec, { columns, rows }: TerminalSize): Promise<void> {
  await ask("resize the terminal", exec.resize({ w: columns, h: rows }));
}

/** Docker answers the start before the command runs, and cannot resize until then. */
async function sizeAtStart(exec: Dockerode.Exec, size: TerminalSize, command: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await resize(exec, size);
      return;
    } catch (error) {
      const state = await inspect(exec);
      if (state?.ExitCode !== null && state?.Running === false) {
        if (state.Pid !== 0) return;
        throw new BerthError("not-found", `The container has no command '${command[0]}'.`, { cause: error });
      }
      if (attempt === resizeAttempts) throw error;
      await pause(resizeMilliseconds, never);
    }
  }
}

/** SIGHUP to the shell, which passes it on; what is in its foreground gets it from the kernel. */
async function hangUp(exec: Dockerode.Exec, container: string): Promise<void> {
  for (const signal of ["SIGHUP", "SIGKILL"] as const) {
    const state = await inspect(exec);
    if (state?.Running !== true || !(await isInContainer(state.Pid, container))) return;
    kill(state.Pid, signal);
    if (await hasEnded(exec)) return;
  }
}

async function hasEnded(exec: Dockerode.Exec): Promise<boolean> {
  const deadline = performance.now() + hangUpMilliseconds;
  while (performance.now() < deadline) {
    if ((await inspect(exec))?.Running !== true) return true;
    await pause(lookMilliseconds, never);
  }
  return false;
}

/** Docker's number of a process is not ours where its engine runs in another PID namespace: then nothing is ended. */
async function isInContainer(pid: number, container: string): Promise<boolean> {
  if (pid <= 1) return false;
  try {
    return (await readFile(`/proc/${pid}/cgroup`, "utf8")).includes(container);
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes(errorCode(error) ?? "")) return false;
    throw error;
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended by itself meanwhile.
    if (errorCode(error) !== "ESRCH") throw error;
  }
}

/** Null when Docker no longer knows it. */
async function inspect(exec: Dockerode.Exec): Promise<Dockerode.ExecInspectInfo | null> {
  return askFor("inspect a command", exec.inspect());
}
