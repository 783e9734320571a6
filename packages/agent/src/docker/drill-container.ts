/** A container of a drill as Docker is asked to make it: as the instance's own, but cut off and soon to be gone. Pure. */
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import type Dockerode from "dockerode";
import { containerOptions } from "./container-options.ts";
import { labels } from "./labels.ts";
import { drillName, drillNetwork } from "../drill/names.ts";

/** As of tools: where cores are short, instances go first. */
const cpuShares = 128;
/** Where memory is short, the kernel ends these before anything that serves somebody. */
const firstToGo = 1000;
/** Of a network for documentation: names of the world outside are unknown at once. */
const noNameServer = "192.0.2.1";

export function drillContainer(spec: InstanceSpec, container: ContainerSpec): Dockerode.ContainerCreateOptions {
  const { HostConfig: host, ...options } = containerOptions(
    { ...spec, instance: drillName(spec.instance) },
    { ...container, ports: [] },
  );
  return {
    ...options,
    name: drillName(container.name),
    Labels: { [labels.drill]: spec.instance },
    HostConfig: {
      ...host,
      NetworkMode: drillNetwork,
      Dns: [noNameServer],
      CpuShares: cpuShares,
      OomScoreAdj: firstToGo,
      // Not after a restart of Docker: then the drill begins anew.
      RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
      Mounts: container.volumes.map(({ volume, path }) => ({
        Type: "volume",
        Source: drillVolume(spec, volume),
        Target: path,
        VolumeOptions: {
          NoCopy: false,
          Labels: { [labels.drill]: spec.instance },
          DriverConfig: { Name: "local", Options: {} },
        },
      })),
    },
    NetworkingConfig: { EndpointsConfig: { [drillNetwork]: { Aliases: [container.name] } } },
  };
}

function drillVolume({ instance }: InstanceSpec, volume: string): string {
  return drillName(`${instance}-${volume}`);
}
