import type { Secret } from "@berth/shared/secret";
import { formsOf } from "./forms.ts";

const replacement = "[REDACTED]";

/** Removes the values of `secrets` from texts, as they are and as programs encode them: see `formsOf`. */
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
  for (const secret of secrets) for (const text of formsOf(secret.reveal()).keys()) needles.add(text);
  return [...needles].toSorted((one, other) => other.length - one.length);
}
