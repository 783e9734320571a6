import { BerthError } from "@berth/shared/errors";

export interface ImageReference {
  /** With its registry: docker.io/library/postgres. */
  repository: string;
  tag: string;
}

const shape =
  /^(?<name>(?:[a-z0-9.-]+(?::\d+)?\/)?(?:[a-z0-9._-]+\/)*[a-z0-9._-]+)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?$/;

/** A registry is told from a namespace by a dot, a port or the name localhost, as Docker does it. */
function isRegistry(part: string): boolean {
  return part.includes(".") || part.includes(":") || part === "localhost";
}

/** "n8nio/n8n:2" -> docker.io/n8nio/n8n and 2. A mirror in front (10.0.6.1:5000/…) is taken off when it is named. */
export function parseReference(reference: string, mirror?: string): ImageReference {
  const bare =
    mirror !== undefined && reference.startsWith(`${mirror}/`) ? reference.slice(mirror.length + 1) : reference;
  const { name, tag } = shape.exec(bare)?.groups ?? {};
  if (name === undefined) {
    throw new BerthError("request.invalid", `${JSON.stringify(reference)} is not an image reference`, {
      hint: "A reference looks like n8nio/n8n:2.41.1 or ghcr.io/open-webui/open-webui:v0.11.2.",
    });
  }
  return { repository: withRegistry(name), tag: tag ?? "latest" };
}

function withRegistry(name: string): string {
  const parts = name.split("/");
  const [first = ""] = parts;
  if (parts.length > 1 && isRegistry(first)) return name;
  return parts.length === 1 ? `docker.io/library/${name}` : `docker.io/${name}`;
}

/**
 * The names under which a mirror serves a repository: with a mirror in the registry's place
 * (10.0.6.1:5000/open-webui/open-webui), and with one in front of the whole reference.
 */
export function mirrorNames(repository: string): string[] {
  const [registry = "", ...path] = repository.split("/");
  const names = [path.join("/"), repository];
  if (registry === "docker.io" && path[0] === "library") names.push(path.slice(1).join("/"));
  return names;
}
