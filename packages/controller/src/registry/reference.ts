/** From the reference of an image to the registry that has it. Pure. */
import { BerthError } from "@berth/shared/errors";

export interface ImageLocation {
  /** As references name it: docker.io, 10.0.6.1:5000 */
  registry: string;
  /** The registry's own name for it: library/redis */
  repository: string;
  /** Tag, or digest where the reference has one. */
  version: string;
}

const repositoryPattern = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestPattern = /^[a-z0-9]+:[0-9a-f]{32,}$/;

/**
 * `docker.io/n8nio/n8n:2.41.3`, `redis@sha256:…`; without a tag, `latest`. A mirror takes the registry's place, as in
 * the references of a plan. Throws `request.invalid`.
 */
export function locateImage(reference: string, mirror: string | null = null): ImageLocation {
  const [tagged = "", digest] = reference.split("@");
  const { name, tag } = splitTag(tagged);
  const { registry, repository } = splitRegistry(name);
  const version = digest ?? tag ?? "latest";
  if (!repositoryPattern.test(repository) || !(digest === undefined ? tagPattern : digestPattern).test(version)) {
    throw new BerthError("request.invalid", `'${reference}' is not the reference of an image`, {
      hint: "One looks like docker.io/n8nio/n8n:2.41.3",
    });
  }
  return { registry: mirror ?? registry, repository, version };
}

/** A ':' behind the last '/' is before a tag; one in front of it, before a port. */
function splitTag(text: string): { name: string; tag: string | undefined } {
  const colon = text.indexOf(":", text.lastIndexOf("/") + 1);
  return colon === -1 ? { name: text, tag: undefined } : { name: text.slice(0, colon), tag: text.slice(colon + 1) };
}

/** A registry is told from a namespace by a dot, a port or the name localhost, as Docker does it. */
function splitRegistry(name: string): { registry: string; repository: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(0, slash));
  if (first.includes(".") || first.includes(":") || first === "localhost") {
    return { registry: first, repository: name.slice(slash + 1) };
  }
  return { registry: "docker.io", repository: slash === -1 ? `library/${name}` : name };
}
