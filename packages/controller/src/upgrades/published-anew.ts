/** Whether a tag leads to another image than when it was pulled. Pure. */
import { digestOf, tagOf } from "@berth/shared/catalog/version-digest";

/** What an instance runs, as far as its agent has told. */
export interface Running {
  version: string;
  /**
   * References by which registries know the image of its main container, `docker.io/n8nio/n8n@sha256:…`. undefined: its
   * agent does not tell; null: it has no container.
   */
  digests: readonly string[] | undefined | null;
}

export type Comparison =
  | { kind: "same" }
  /** `digest`: what the tag leads to now. */
  | { kind: "anew"; digest: string }
  /** Built or loaded there, pulled from elsewhere, or the agent is an older one. */
  | { kind: "incomparable" };

/** `repository`: the reference without its tag that was asked for; `now`: digest that each tag of it leads to. */
export function compareDigest(
  { version, digests }: Running,
  repository: string,
  now: Readonly<Record<string, string>>,
): Comparison {
  const digest = now[tagOf(version)];
  if (digest === undefined || digests === null) return { kind: "same" };
  const own = (digests ?? []).filter((reference) => reference.startsWith(`${repository}@`)).map(digestOf);
  if (own.length === 0) return { kind: "incomparable" };
  return own.includes(digest) ? { kind: "same" } : { kind: "anew", digest };
}
