/** A tool's container as Docker is asked to make it. Pure. */
import type Dockerode from "dockerode";
import { labels } from "./labels.ts";
import type { ToolMount, ToolSpec } from "./tools.ts";

/** Docker's default is 1024: where cores are short, instances go first. */
const cpuShares = 128;

const stdoutPath = "/berth-stdout";

/** `process`: of the agent, so that a later one knows what was left behind. `stdout`: a pipe on the node. */
export function toolContainer(
  spec: ToolSpec,
  name: string,
  process: string,
  stdout: string,
): Dockerode.ContainerCreateOptions {
  return {
    name,
    Image: spec.image,
    Entrypoint: ["sh", "-c", `exec "$@" >${stdoutPath}`, "sh"],
    Cmd: [...spec.argv],
    Env: Object.entries(spec.env).map(([key, value]) => `${key}=${value}`),
    Labels: { [labels.tool]: spec.name, [labels.process]: process },
    AttachStdin: true,
    AttachStdout: false,
    AttachStderr: true,
    OpenStdin: true,
    // Docker ends its input when ours ends.
    StdinOnce: true,
    // Known to Docker, so that whoever stops it, a later agent or Docker itself, does so in order.
    StopSignal: "SIGINT",
    StopTimeout: spec.graceSeconds,
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      // Stores let the node in, and what is a tenant's own is reached from the node as from the tenant's containers.
      NetworkMode: "host",
      Memory: spec.memoryBytes,
      CpuShares: cpuShares,
      RestartPolicy: { Name: "no" },
      // What it writes is somebody's data: it passes through, and is kept nowhere.
      LogConfig: { Type: "none", Config: {} },
      Mounts: [...spec.mounts.map(mountOf), { Type: "bind", Source: stdout, Target: stdoutPath }],
    },
  };
}

function mountOf({ source, path, readOnly }: ToolMount): Dockerode.MountSettings {
  return "volume" in source
    ? { Type: "volume", Source: source.volume, Target: path, ReadOnly: readOnly }
    : { Type: "bind", Source: source.directory, Target: path, ReadOnly: readOnly };
}
