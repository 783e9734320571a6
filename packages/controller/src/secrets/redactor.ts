import type { Secret } from "@berth/shared/secret";

const replacement = "[REDACTED]";
/** Shorter values are not looked for: they would blot out words that are no secrets. */
const minLength = 8;

/** Removes the values of `secrets` from texts: as they are, and as base64, in which HTTP headers carry them. */
export function createRedactor(secrets: () => Iterable<Secret>): {
  redact: (text: string) => string;
  renew: () => void;
} {
  let needles: string[] | undefined;
  return {
    redact(text) {
      needles ??= findNeedles(secrets());
      let redacted = text;
      for (const needle of needles) {
        if (redacted.includes(needle)) redacted = redacted.replaceAll(needle, replacement);
      }
      return redacted;
    },
    renew: () => void (needles = undefined),
  };
}

/** Longest first, so that a value that contains another goes as a whole. */
function findNeedles(secrets: Iterable<Secret>): string[] {
  const needles = new Set<string>();
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value.length < minLength) continue;
    needles.add(value);
    needles.add(Buffer.from(value).toString("base64").replace(/=+$/, ""));
  }
  return [...needles].toSorted((one, other) => other.length - one.length);
}
