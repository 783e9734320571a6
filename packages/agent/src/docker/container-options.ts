/** The container that Docker is asked to make for a specification. Pure. */
import { availableParallelism } from "node:os";
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import type Dockerode from "dockerode";
import { labels } from "./labels.ts";

/** User-defined network on which the containers of a composite instance find each other by name. */
export const networkName = "berth";
/**
 * Docker brings the containers back by itself after a reboot or a crash; one that somebody stopped stays stopped
 * until the agent mends it, as the fleet's drift policy says.
 */
export const restartPolicy = "unless-stopped";
const logOptions = { "max-size": "10m", "max-file": "3" };

/**
 * A single container stands on Docker's default bridge: it needs no name service, and starts there in two thirds of the
 * time that a user-defined network takes. Those of a composite instance share the network `berth`.
 */
export function networkOf(spec: InstanceSpec): string {
  return spec.containers.length > 1 ? networkName : "bridge";
}

function volumeName(spec: InstanceSpec, volume: string): string {
  return `${spec.instance}-${volume}`;
}

/** All but its name and its labels. */
export function containerOptions(spec: InstanceSpec, container: ContainerSpec): Dockerode.ContainerCreateOptions {
  const network = networkOf(spec);
  return {
    Image: container.image,
    ...(container.entrypoint === undefined ? {} : { Entrypoint: container.entrypoint }),
    ...(container.command === undefined ? {} : { Cmd: container.command }),
    ...(container.user === undefined ? {} : { User: container.user }),
    Env: Object.entries(container.env).map(([key, value]) => `${key}=${value}`),
    ExposedPorts: Object.fromEntries(container.ports.map((port) => [`${port.container}/tcp`, {}])),
    StopTimeout: container.stopTimeoutSeconds,
    // Docker's own health check would run beside the agent's, at a cost for every container.
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      NetworkMode: network,
      // A tenant could forge segments with it that mislead the connection tracking of its neighbours' firewalls.
      ...(spec.tenant === null ? {} : { CapDrop: ["NET_RAW"] }),
      RestartPolicy: { Name: restartPolicy },
      Memory: container.memoryBytes,
      ...(container.cpus === undefined ? {} : { NanoCpus: nanoCpus(container.cpus) }),
      LogConfig: { Type: "json-file", Config: logOptions },
      PortBindings: portBindings(container),
      Mounts: container.volumes.map((volume) => ({
        Type: "volume",
        Source: volumeName(spec, volume.volume),
        Target: volume.path,
        VolumeOptions: {
          NoCopy: false,
          Labels: { [labels.instance]: spec.instance },
          DriverConfig: { Name: "local", Options: {} },
        },
      })),
    },
    ...(network === networkName
      ? { NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [container.name] } } } }
      : {}),
  };
}

function portBindings(container: ContainerSpec): Record<string, { HostPort: string }[]> {
  const bindings: Record<string, { HostPort: string }[]> = {};
  for (const port of container.ports) {
    (bindings[`${port.container}/tcp`] ??= []).push({ HostPort: String(port.host) });
  }
  return bindings;
}

export function nanoCpus(cpus: number): number {
  return Math.round(withinNode(cpus) * 1e9);
}

/** Docker refuses a limit of more cores than there are, where it limits nothing: a smaller node gives all that it has. */
export function withinNode(cpus: number): number {
  return Math.min(cpus, availableParallelism());
}
