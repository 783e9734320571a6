/**
 * Asks registries about images. An own client over `fetch`: those on npm pull images and write them to disk, have no
 * deadline that can be set, or were left by their makers (docker-registry-client, oci-registry-client).
 */
import { createHash } from "node:crypto";
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import { type ImageLocation, locateImage } from "./reference.ts";
import { type Credentials, openRegistrySession, parseJson, type RegistrySession, unusable } from "./session.ts";
import type { Answer } from "./transport.ts";

export interface RegistryOptions {
  /** HOST:PORT that takes the registry's place; a reference that has it already stays as it is. */
  mirror?: string | null;
  /** PEM of a CA that is trusted besides the machine's. */
  ca?: string | null;
  /** For registries that show their images to those they know; without them, as anybody may. */
  credentials?: Credentials | null;
  /** Ends the asking; each request by itself has five seconds. */
  signal?: AbortSignal;
}

/** `digest` is that of the image's index where it is for several platforms, as references pin it. */
export type ResolvedImage = { digest: string } | { missing: true; reason: string };

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");
const digestPattern = /^sha256:[0-9a-f]{64}$/;
const tagsPerPage = 1000;
/** As many tags as the largest public repositories have; what is behind is left out. */
const mostPages = 20;

const refusalSchema = z.object({ errors: z.array(z.object({ code: z.string() })).min(1) });
const tagsSchema = z.object({ tags: z.array(z.string()).nullish() });

/**
 * Whether an image exists, and as what. Missing is what the registry says is not there, or not for everybody: nodes pull
 * without a password. Throws `image.unavailable` when the registry does not say, `request.invalid` for no reference.
 */
export async function resolveImage(reference: string, options: RegistryOptions = {}): Promise<ResolvedImage> {
  const { session, location } = open(reference, options);
  const path = `manifests/${location.version}`;
  // HEAD is not counted by registries that allow so many pulls an hour. It has no body that would say why not.
  const head = await session.ask("HEAD", path, manifestTypes);
  const named = digestOf(head);
  if (named !== null) return { digest: named };
  const answer = await session.ask("GET", path, manifestTypes);
  if (answer.status === 200) return { digest: digestOf(answer) ?? digestOfBody(answer.body) };
  const lacks = whatIsMissing(location, answer);
  if (lacks === null) throw refused(session, answer);
  return { missing: true, reason: `${location.registry} has no ${lacks}` };
}

/** All tags of the image's repository, in the registry's order. Throws as `resolveImage` does; `not-found` for no repository. */
export async function listTags(reference: string, options: RegistryOptions = {}): Promise<string[]> {
  const { session, location } = open(reference, options);
  const tags: string[] = [];
  let path: string | null = `tags/list?n=${tagsPerPage}`;
  for (let page = 0; path !== null && page < mostPages; page += 1) {
    const answer: Answer = await session.ask("GET", path);
    if (answer.status === 404) {
      throw new BerthError("not-found", `${location.registry} has no image '${location.repository}'`);
    }
    if (answer.status !== 200) throw refused(session, answer);
    const read = tagsSchema.safeParse(parseJson(answer.body));
    if (!read.success) throw unusable(session.who, "answers something else than a list of tags");
    tags.push(...(read.data.tags ?? []));
    path = nextPage(answer);
  }
  return tags;
}

function open(reference: string, options: RegistryOptions) {
  const { mirror = null, ca = null, credentials = null, signal } = options;
  const location = locateImage(reference, mirror);
  return { location, session: openRegistrySession(location, { ca, credentials, signal }) };
}

function digestOf({ status, headers }: Answer): string | null {
  const digest = headers.get("docker-content-digest") ?? "";
  return status === 200 && digestPattern.test(digest) ? digest : null;
}

function digestOfBody(body: string): string {
  return `sha256:${createHash("sha256").update(body).digest("hex")}`;
}

/** null: the registry does not say that anything is. */
function whatIsMissing({ repository, version }: ImageLocation, answer: Answer): string | null {
  const code = refusalCode(answer);
  if (answer.status === 404 && code === "NAME_UNKNOWN") return `image '${repository}'`;
  // Without a code, it may as well be something that is no registry.
  if (answer.status === 404 && code !== null) {
    return `${version.includes(":") ? "digest" : "tag"} '${version}' of '${repository}'`;
  }
  // Docker Hub and others say 'denied' of what does not exist, so that nobody learns what does.
  const isDenied = [401, 403].includes(answer.status) && (code === "UNAUTHORIZED" || code === "DENIED");
  return isDenied ? `image '${repository}' that everybody may pull` : null;
}

/** The code that a registry gives with its refusal; a proxy on the way has none. */
function refusalCode({ body }: Answer): string | null {
  return refusalSchema.safeParse(parseJson(body)).data?.errors[0]?.code ?? null;
}

function refused({ who }: RegistrySession, answer: Answer): BerthError {
  if (answer.status === 429) return unusable(who, "answers no more questions for now (status 429)");
  const code = refusalCode(answer);
  return unusable(who, `answered with status ${answer.status}${code === null ? "" : ` (${code})`}`);
}

/** RFC 8288: `</v2/library/redis/tags/list?n=1000&last=7.4>; rel="next"` */
function nextPage({ headers }: Answer): string | null {
  return /<([^>]+)>\s*;\s*rel="?next"?/i.exec(headers.get("link") ?? "")?.[1] ?? null;
}
