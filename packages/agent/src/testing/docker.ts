/** A real Docker engine for a test: Debian's dockerd, in a namespace and directories of its own. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import Dockerode from "dockerode";
import { pack } from "tar-stream";
import { errorCode } from "../files.ts";
import type { Namespace } from "./namespace.ts";
import { eventually, type Running, start } from "./processes.ts";

const run = promisify(execFile);
const busyboxDirectory = "/var/tmp/berth-agent-test-busybox";

export interface TestDocker {
  socket: string;
  client: Dockerode;
  /** Makes an image of busybox whose command is `command`. */
  importImage(reference: string, command: readonly string[]): Promise<void>;
  /** SIGKILL unless told. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startDocker(directory: string, namespace: Namespace): Promise<TestDocker> {
  await mkdir(directory, { recursive: true });
  const socket = join(directory, "docker.sock");
  const client = new Dockerode({ socketPath: socket });
  let engine = await startEngine(directory, socket, namespace, client);
  const restart = async (): Promise<void> => {
    engine = await startEngine(directory, socket, namespace, client);
  };
  return {
    socket,
    client,
    importImage: async (reference, command) => importImage(client, reference, command),
    kill: async (signal = "SIGKILL") => engine.kill(signal),
    restart,
    stop: async () => {
      // The containers of an engine that was killed live on: only an engine ends them in order.
      if (engine.child.exitCode !== null || engine.child.signalCode !== null) await restart();
      await removeContainers(client);
      await engine.kill("SIGTERM");
      await unmountBelow(directory);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startEngine(
  directory: string,
  socket: string,
  namespace: Namespace,
  client: Dockerode,
): Promise<Running> {
  // An engine that was killed leaves them, and a process that nobody has waited for still counts as running.
  for (const file of ["docker.pid", "exec/containerd/containerd.pid"]) await rm(join(directory, file), { force: true });
  const argv = ["dockerd", "--data-root", join(directory, "data"), "--exec-root", join(directory, "exec")];
  const engine = start(
    namespace.inside([...argv, "-p", join(directory, "docker.pid"), "-H", `unix://${socket}`, "--log-level", "warn"]),
  );
  await eventually("dockerd to answer", async () => {
    if (engine.child.exitCode !== null) throw new Error(`dockerd has ended: ${engine.output()}`);
    try {
      return await client.ping();
    } catch (error) {
      if (["ENOENT", "ECONNREFUSED", "ECONNRESET"].includes(errorCode(error) ?? "")) return undefined;
      throw error;
    }
  });
  return engine;
}

/** Mounts of containers whose engine was killed. */
async function unmountBelow(directory: string): Promise<void> {
  const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
  for (const mount of mounts.filter((path) => path.startsWith(`${directory}/`)).toReversed()) {
    await run("umount", ["--lazy", mount]);
  }
}

async function removeContainers(client: Dockerode): Promise<void> {
  const containers = await client.listContainers({ all: true });
  await Promise.all(containers.map(async ({ Id: id }) => client.getContainer(id).remove({ force: true })));
}

async function importImage(client: Dockerode, reference: string, command: readonly string[]): Promise<void> {
  const image = pack();
  const mode = 0o755;
  for (const name of ["bin", "tmp", "www", "data"]) image.entry({ name, type: "directory", mode });
  image.entry({ name: "bin/busybox", mode }, await readFile(await busybox()));
  for (const applet of ["sh", "httpd", "sleep", "cat", "echo", "test", "stty", "kill", "env", "dd", "nc"]) {
    image.entry({ name: `bin/${applet}`, type: "symlink", linkname: "busybox" });
  }
  image.entry({ name: "www/health" }, "ok");
  image.finalize();
  const [repo, tag] = [reference.slice(0, reference.lastIndexOf(":")), reference.slice(reference.lastIndexOf(":") + 1)];
  const changes = [`CMD ${JSON.stringify(command)}`];
  const stream = await client.importImage(Readable.from(image), { repo, tag, changes });
  for await (const chunk of stream) void chunk;
}

/** Debian's static busybox, unpacked and not installed. */
async function busybox(): Promise<string> {
  const path = join(busyboxDirectory, "bin/busybox");
  if (existsSync(path)) return path;
  await mkdir(busyboxDirectory, { recursive: true });
  await run("apt-get", ["download", "-q", "busybox-static"], { cwd: busyboxDirectory });
  const { stdout } = await run("find", [busyboxDirectory, "-name", "*.deb"]);
  await run("dpkg", ["-x", stdout.trim(), busyboxDirectory]);
  return path;
}
