/** A network namespace of a test's own: a Docker engine in it changes nothing of the machine's network. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";

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
      await run("ip", ["netns", "del", name]);
    },
  };
}
