/** What one specification of an instance changes of another, as phrases: "memory 1GiB -> 2GiB". Pure. */
import { shortDigests } from "@berth/shared/catalog/version-digest";
import { formatSize } from "@berth/shared/fleet/units";
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";

/** Values of the environment are never told: a user may have written a secret there. */
export function specificationDifferences(before: InstanceSpec, after: InstanceSpec): string[] {
  const differences = change("version", before.version, after.version);
  for (const container of after.containers) {
    const former = before.containers.find(({ name }) => name === container.name);
    if (former === undefined) differences.push(`container ${container.name} is new`);
    else differences.push(...containerDifferences(former, container, before.version === after.version));
  }
  const names = new Set(after.containers.map(({ name }) => name));
  const gone = before.containers.filter(({ name }) => !names.has(name));
  return [...differences, ...gone.map(({ name }) => `container ${name} goes`)];
}

/** A new version has a new image as a matter of course. */
function containerDifferences(before: ContainerSpec, after: ContainerSpec, withImage: boolean): string[] {
  return [
    ...(withImage ? change("image", before.image, after.image) : []),
    ...change("memory", formatSize(before.memoryBytes), formatSize(after.memoryBytes)),
    ...change("cpus", before.cpus ?? "all", after.cpus ?? "all"),
    ...change("ports", portsOf(before), portsOf(after)),
    ...environmentDifferences(before.env, after.env),
    ...change("user", before.user ?? "the image's", after.user ?? "the image's"),
    ...change("stop timeout", `${before.stopTimeoutSeconds}s`, `${after.stopTimeoutSeconds}s`),
    ...changed("command", before.command, after.command),
    ...changed("volumes", before.volumes, after.volumes),
    ...changed("health check", before.health, after.health),
  ];
}

function environmentDifferences(before: Record<string, string>, after: Record<string, string>): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names.flatMap((name) => {
    if (before[name] === after[name]) return [];
    if (before[name] === undefined) return [`env ${name} added`];
    return [`env ${name} ${after[name] === undefined ? "removed" : "changed"}`];
  });
}

/** `3000:80`: host port, then the container's where it is another. */
function portsOf({ ports }: ContainerSpec): string {
  return (
    ports.map(({ host, container }) => (host === container ? `${host}` : `${host}:${container}`)).join(",") || "none"
  );
}

function change(what: string, before: string | number, after: string | number): string[] {
  return before === after ? [] : [shortDigests(`${what} ${before} -> ${after}`)];
}

function changed(what: string, before: unknown, after: unknown): string[] {
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [`${what} changed`];
}
