/** A standby as Docker is asked to make it: as the instance's own container, at ports of the node that are free. Pure. */
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import type Dockerode from "dockerode";
import { containerOptions } from "./container-options.ts";
import { labels } from "./labels.ts";

export function standbyContainer(spec: InstanceSpec, container: ContainerSpec): Dockerode.ContainerCreateOptions {
  const { HostConfig: host, ...options } = containerOptions(spec, container);
  return {
    ...options,
    name: `${container.name}.standby`,
    // Not the instance's label: it is not one of its containers, and is gone when these are as they should be.
    Labels: { [labels.standby]: spec.instance },
    HostConfig: {
      ...host,
      // Started again, it would be at another port than the one that is redirected to it.
      RestartPolicy: { Name: "no" },
      PortBindings: Object.fromEntries(
        container.ports.map((port) => [`${port.container}/tcp`, [{ HostIp: "0.0.0.0", HostPort: "" }]]),
      ),
    },
  };
}
