/** How an instance departs from its specification on this node, and the steps that end it. Pure but for the number of cores. */
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import { networkOf, restartPolicy, withinNode } from "../docker/container-options.ts";
import type { ContainerDetails } from "../docker/engine.ts";
import { isMadeTo } from "../docker/fingerprint.ts";

/** A container made but not yet in use, and one that was in use before: names between which an update moves. */
export const nextSuffix = ".next";
export const previousSuffix = ".previous";

/** Mending, from the gentlest: nothing, a change in place, a new container. */
export type Repair = "none" | "unpause" | "update" | "start" | "replace" | "create";

export interface Difference {
  repair: Exclude<Repair, "none">;
  /** As shown to people: "memory limit 512 MiB instead of 1024 MiB". */
  text: string;
}

export interface ContainerCheck {
  spec: ContainerSpec;
  current: ContainerDetails | null;
  differences: Difference[];
  repair: Repair;
}

/** Image ids by reference, as far as they are present. */
export type ImageIds = ReadonlyMap<string, string>;

const order: readonly Repair[] = ["none", "unpause", "update", "start", "replace", "create"];

/** Compares each container of the specification with the one that bears its name. */
export function checkInstance(
  spec: InstanceSpec,
  containers: readonly ContainerDetails[],
  images: ImageIds,
): ContainerCheck[] {
  return spec.containers.map((container) => {
    const current = containers.find(({ name }) => name === container.name) ?? null;
    const differences = checkContainer(spec, container, current, images);
    const repair = differences.reduce<Repair>((most, { repair: next }) => {
      return order.indexOf(next) > order.indexOf(most) ? next : most;
    }, "none");
    return { spec: container, current, differences, repair };
  });
}

export function differencesOf(checks: readonly ContainerCheck[]): string[] {
  return checks.flatMap(({ differences }) => differences.map(({ text }) => text));
}

function checkContainer(
  spec: InstanceSpec,
  container: ContainerSpec,
  current: ContainerDetails | null,
  images: ImageIds,
): Difference[] {
  const name = container.name;
  if (current === null) return [{ repair: "create", text: `container ${name} is missing` }];
  return [
    ...checkIdentity(spec, container, current, images),
    ...checkState(name, current),
    ...checkLimits(container, current),
  ];
}

function checkIdentity(
  spec: InstanceSpec,
  container: ContainerSpec,
  current: ContainerDetails,
  images: ImageIds,
): Difference[] {
  const name = container.name;
  const found: Difference[] = [];
  const isWanted = isMadeTo(spec, container, current.labels);
  if (!isWanted) found.push({ repair: "replace", text: `${name} is made to another specification` });
  const imageId = images.get(container.image);
  if (imageId !== undefined && imageId !== current.imageId) {
    found.push({ repair: "replace", text: `${name} runs another image than ${container.image} now is` });
  }
  const network = networkOf(spec);
  if (isWanted && !current.networks.includes(network)) {
    found.push({ repair: "replace", text: `${name} is not connected to the network ${network}` });
  }
  return found;
}

function checkState(name: string, current: ContainerDetails): Difference[] {
  if (current.paused) return [{ repair: "unpause", text: `${name} is paused` }];
  // Docker is about to start a restarting one again, by itself.
  if (current.state === "running" || current.state === "restarting") return [];
  return [{ repair: "start", text: `${name} is ${current.state}` }];
}

function checkLimits(container: ContainerSpec, current: ContainerDetails): Difference[] {
  const { name } = container;
  const found: Difference[] = [];
  if (current.memoryBytes !== container.memoryBytes) {
    const text = `${name} has a memory limit of ${mebibytes(current.memoryBytes)} instead of ${mebibytes(container.memoryBytes)}`;
    found.push({ repair: "update", text });
  }
  const cpus = container.cpus === undefined ? null : withinNode(container.cpus);
  if (current.cpus !== cpus) {
    found.push({
      repair: "update",
      text: `${name} may use ${cores(current.cpus)} instead of ${cores(cpus)}`,
    });
  }
  if (current.restartPolicy !== restartPolicy) {
    const text = `${name} has the restart policy ${current.restartPolicy} instead of ${restartPolicy}`;
    found.push({ repair: "update", text });
  }
  return found;
}

function mebibytes(bytes: number): string {
  return bytes === 0 ? "none" : `${Math.round(bytes / 1024 / 1024)} MiB`;
}

function cores(cpus: number | null): string {
  return cpus === null ? "all cores" : `${cpus} cores`;
}
