/** Looks for secrets where there must be none: in logs, plans, answers, process lists, pages. */
import type { Secret } from "@berth/shared/secret";
import { type Form, formsOf } from "./forms.ts";

export interface FoundSecret {
  name: string;
  /** How it was written. */
  form: Form;
}

/** Which of the secrets (by any name) a text gives away. Values shorter than 8 characters are not looked for. */
export function findSecrets(text: string, secrets: ReadonlyMap<string, Secret>): FoundSecret[] {
  return [...secrets].flatMap(([name, secret]) => {
    const found = new Set(
      [...formsOf(secret.reveal())].filter(([needle]) => text.includes(needle)).map(([, form]) => form),
    );
    return [...found].map((form) => ({ name, form }));
  });
}

/** The same for what comes in pieces; a secret may lie across them. */
export async function findSecretsInStream(
  stream: AsyncIterable<string | Buffer>,
  secrets: ReadonlyMap<string, Secret>,
): Promise<FoundSecret[]> {
  const longest = Math.max(
    0,
    ...[...secrets.values()].flatMap((secret) => [...formsOf(secret.reveal()).keys()]).map(({ length }) => length),
  );
  const found = new Map<string, FoundSecret>();
  let rest = "";
  for await (const piece of stream) {
    // Latin 1 keeps every byte: the values are ASCII, and a character of several bytes may be torn apart.
    const text = rest + (typeof piece === "string" ? piece : piece.toString("latin1"));
    for (const one of findSecrets(text, secrets)) found.set(`${one.name} ${one.form}`, one);
    rest = longest === 0 ? "" : text.slice(-longest);
  }
  return [...found.values()];
}
