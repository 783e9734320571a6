/** A network namespace of a test's own: a Docker engine in it changes nothing of the machine's network. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { errorCode } from "../files.ts";

const run = promisify(execFile);

export interface Namespace {
  name: string;
  /** The argv that runs `command` inside. */
  inside(command: readonly string[]): [string, ...string[]];
  remove(): Promise<void>;
}

export async function makeNamespace(): Promise<Namespace> {
  const name = `agent-${randomBytes(4).toString("hex")}`;
  await run("ip", ["netns", "add", name]);
  await run("ip", ["-n", name, "link", "set", "lo", "up"]);
  return {
    name,
    inside: (command) => ["nsenter", `--net=/var/run/netns/${name}`, ...command],
    remove: async () => {
      // What an agent that was killed has started lives on: nobody but systemd ends it.
      const { stdout } = await run("ip", ["netns", "pids", name]);
      for (const pid of stdout.split("\n").filter((line) => line !== "")) kill(Number(pid));
      await run("ip", ["netns", "del", name]);
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It has ended by itself meanwhile.
    if (errorCode(error) !== "ESRCH") throw error;
  }
}
