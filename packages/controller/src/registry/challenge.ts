/** What a registry asks for before it answers: RFC 9110's `WWW-Authenticate`. Pure. */

export type Challenge = { scheme: "bearer"; realm: string; service: string | null } | { scheme: "basic" };

const startPattern = /(?:^|,)\s*(bearer|basic)\s+/i;
const parameterPattern = /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/gi;

/** The first challenge of a kind that registries have; null: there is none. */
export function readChallenge(header: string): Challenge | null {
  const start = startPattern.exec(header);
  if (start === null) return null;
  if (start[1]?.toLowerCase() === "basic") return { scheme: "basic" };
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, plain = ""] of header
    .slice(start.index + start[0].length)
    .matchAll(parameterPattern)) {
    // Those of a further challenge come behind, and the first of each name counts.
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replaceAll(/\\(.)/g, "$1") ?? plain);
  }
  const realm = parameters.get("realm");
  return realm === undefined ? null : { scheme: "bearer", realm, service: parameters.get("service") ?? null };
}
