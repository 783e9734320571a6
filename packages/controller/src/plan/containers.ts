/** The containers that an instance consists of, as the agent makes them. Pure. */
import type { Part, Service } from "@berth/shared/catalog/schema";
import { tagOf } from "@berth/shared/catalog/version-digest";
import { hostPorts, partName, type Placement } from "@berth/shared/fleet/instances";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { ContainerSpec } from "@berth/shared/operations/instance-spec";
import { type EnvironmentContext, resolveEnvironment, resolveText } from "./environment.ts";

export interface ContainerContext extends EnvironmentContext {
  /** Registry in front of every image, for a fleet that names none. */
  registryMirror: string | null;
}

/** In the order of their start. */
export function containerSpecs(context: ContainerContext): ContainerSpec[] {
  const { service } = context.placement;
  const parts = (starts: Part["starts"]) =>
    service.parts.filter((part) => part.starts === starts).map((part) => partSpec(part, context));
  return [...parts("before"), mainSpec(context), ...parts("after")];
}

function mainSpec(context: ContainerContext): ContainerSpec {
  const { placement } = context;
  const { service, overrides } = placement;
  const cpus = overrides.cpus ?? service.cpus;
  return {
    ...commonSpec(service, versionOf(service, placement), context),
    name: placement.instance,
    env: resolveEnvironment(context),
    ports: hostPorts({ ...service, parts: [] }, overrides),
    memoryBytes: overrides.memory ?? service.memory,
    ...(cpus === undefined ? {} : { cpus }),
    ...(service.upgrade.sideBySide ? { sideBySide: true } : {}),
  };
}

function partSpec(part: Part, context: ContainerContext): ContainerSpec {
  const { placement } = context;
  const env = Object.entries(part.env).map(([name, text]) => [name, resolveText(text, context)] as const);
  return {
    ...commonSpec(part, versionOf(part, placement), context),
    name: partName(placement.instance, part.name),
    env: Object.fromEntries(env.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    ports: part.ports.map(({ container, host }) => ({ container, host })),
    memoryBytes: part.memory,
    ...(part.cpus === undefined ? {} : { cpus: part.cpus }),
  };
}

/**
 * A part that has the service's version goes along when the fleet asks for another; a digest is that of the service's own
 * image, and says nothing of others.
 */
function versionOf({ image, version }: Service | Part, { service, overrides }: Placement): string {
  if (version !== service.version || overrides.version === undefined) return version;
  return image === service.image ? overrides.version : tagOf(overrides.version);
}

function commonSpec(container: Service | Part, version: string, context: ContainerContext) {
  const mirror = mirrorOf(context.fleet, context.registryMirror);
  const { digest, entrypoint, command, user, files } = container;
  return {
    image: imageReference(container.image, version, mirror),
    // The digest is the pinned version's; a mirror may hold an image of its own making.
    ...(digest === undefined || version !== container.version || mirror !== null ? {} : { digest }),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(command === undefined ? {} : { command: command.map((text) => resolveText(text, context)) }),
    ...(user === undefined ? {} : { user }),
    ...(files.length === 0
      ? {}
      : { files: files.map(({ path, content }) => ({ path, content: resolveText(content, context) })) }),
    volumes: container.volumes.map(({ name, path }) => ({ volume: name, path })),
    stopTimeoutSeconds: container.stopTimeoutSeconds,
    health: container.health,
  };
}

/** Registry in front of every image; null: each comes from its own. */
export function mirrorOf(fleet: Fleet, registryMirror: string | null): string | null {
  return fleet.images.mirror ?? registryMirror;
}

/** A mirror takes the registry's place and keeps the path: docker.io/n8nio/n8n -> 10.0.6.1:5000/n8nio/n8n. */
export function imageReference(image: string, version: string, mirror: string | null): string {
  return `${imageRepository(image, mirror)}:${version}`;
}

/** A reference without its tag. */
export function imageRepository(image: string, mirror: string | null): string {
  return mirror === null ? image : `${mirror}/${image.slice(image.indexOf("/") + 1)}`;
}
