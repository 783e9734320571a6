/** A real registry for a test: Debian's docker-registry, on loopback of a namespace, where Docker asks for no certificate. */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type Dockerode from "dockerode";
import { lines } from "../docker/events.ts";
import type { Namespace } from "./namespace.ts";
import { eventually, start } from "./processes.ts";

const run = promisify(execFile);
const port = 5000;

export interface TestRegistry {
  /** HOST:PORT */
  address: string;
  /** Publishes an image that the engine has under a reference of this registry; gives its digest. */
  push(client: Dockerode, reference: string): Promise<string>;
  stop(): Promise<void>;
}

/** Needs Debian's docker-registry, which `berth test` installs. */
export async function startRegistry(directory: string, namespace: Namespace): Promise<TestRegistry> {
  const address = `127.0.0.1:${port}`;
  const config = join(directory, "registry.json");
  await mkdir(join(directory, "storage"), { recursive: true });
  const storage = { filesystem: { rootdirectory: join(directory, "storage") } };
  await writeFile(config, JSON.stringify({ version: 0.1, log: { level: "error" }, storage, http: { addr: address } }));
  // Its traces would go to a collector that nobody runs.
  const argv = ["env", "OTEL_TRACES_EXPORTER=none", "docker-registry", "serve", config];
  const registry = start(namespace.inside(argv));
  await eventually("docker-registry to answer", async () => {
    if (registry.child.exitCode !== null) throw new Error(`docker-registry has ended: ${registry.output()}`);
    const [command, ...parameters] = namespace.inside(["bash", "-c", `echo > /dev/tcp/127.0.0.1/${port}`]);
    return run(command, parameters).catch(() => undefined);
  });
  return {
    address,
    async push(client, reference) {
      // Docker wants to be told of an account also where nobody asks for one.
      const authconfig = { username: "", password: "", serveraddress: address };
      const stream = await client.getImage(reference).push({ authconfig });
      for await (const line of lines(stream)) {
        if (line.includes('"error"')) throw new Error(`${reference} could not be pushed: ${line}`);
      }
      const { RepoDigests: digests } = await client.getImage(reference).inspect();
      const own = digests.find((digest) => digest.startsWith(`${reference.slice(0, reference.lastIndexOf(":"))}@`));
      if (own === undefined) throw new Error(`${reference} has no digest although it was pushed`);
      return own.slice(own.indexOf("@") + 1);
    },
    stop: () => registry.kill("SIGTERM"),
  };
}
