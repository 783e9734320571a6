/** A version may name the digest of its image, as Docker's references do: `2.41.1@sha256:…`. Pure. */

/** `2.41.1` of `2.41.1@sha256:…`. */
export function tagOf(version: string): string {
  return version.split("@")[0] ?? version;
}

/** `sha256:…`, of a version or of an image's reference; null: it names none. */
export function digestOf(version: string): string | null {
  return version.split("@")[1] ?? null;
}

/** How a reference looks by which Docker finds an image by its digest alone: without the tag. */
export function withoutTag(reference: string): string {
  const digest = digestOf(reference);
  const named = tagOf(reference);
  // A ':' in front of the last '/' is before a port.
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  const repository = colon === -1 ? named : named.slice(0, colon);
  return digest === null ? repository : `${repository}@${digest}`;
}

/** For people: as many digits as Docker shows. */
export function shortDigests(text: string): string {
  return text.replaceAll(/(sha256:[0-9a-f]{12})[0-9a-f]{52}(?![0-9a-f])/g, "$1");
}
