/** Docker's answers about containers and images, in the agent's words. Pure. */
import type Dockerode from "dockerode";
import type { ContainerDetails, ContainerSummary, ImageSummary } from "./engine.ts";

const never = "0001-01-01T00:00:00Z";

export function summaryOf(info: Dockerode.ContainerInfo): ContainerSummary {
  const hostPorts = new Set<number>();
  for (const port of info.Ports) if (port.PublicPort) hostPorts.add(port.PublicPort);
  return {
    id: info.Id,
    name: (info.Names[0] ?? "").replace(/^\//, ""),
    image: info.Image,
    imageId: info.ImageID,
    state: info.State,
    labels: info.Labels ?? {},
    hostPorts: [...hostPorts],
  };
}

export function detailsOf(info: Dockerode.ContainerInspectInfo): ContainerDetails {
  const networks = Object.entries(info.NetworkSettings.Networks ?? {});
  const { NanoCpus: nano, Memory: memory } = info.HostConfig;
  return {
    id: info.Id,
    name: info.Name.replace(/^\//, ""),
    image: info.Config.Image,
    imageId: info.Image,
    state: info.State.Status,
    labels: info.Config.Labels ?? {},
    paused: info.State.Paused,
    pid: info.State.Pid,
    exitCode: info.State.ExitCode,
    outOfMemory: info.State.OOMKilled,
    startedAt: info.State.StartedAt === never ? null : info.State.StartedAt,
    restarts: info.RestartCount,
    memoryBytes: memory ?? 0,
    cpus: nano ? nano / 1e9 : null,
    restartPolicy: info.HostConfig.RestartPolicy?.Name ?? "",
    networks: networks.map(([name]) => name),
    address: networks.map(([, network]) => network.IPAddress).find((address) => address !== "") ?? null,
  };
}

export function imageOf({ Id: id, RepoTags: tags, RepoDigests: digests }: Dockerode.ImageInfo): ImageSummary {
  return { id, tags: (tags ?? []).filter(isNamed), digests: (digests ?? []).filter(isNamed) };
}

/** Older engines write `<none>:<none>` for what has no name. */
function isNamed(reference: string): boolean {
  return !reference.startsWith("<none>");
}
