/** A secret by name and version, as it stands in plans, hashes and stored steps. The value comes in at dispatch. */
export interface SecretReference {
  name: string;
  version: number;
  /** In place of the value, its hash. */
  hash?: "bcrypt";
}

const pattern = /\$\{secret:([a-z0-9-]+\/[A-Za-z0-9-]+)@(\d+)(#bcrypt)?\}/g;

export function writeSecretReference({ name, version, hash }: SecretReference): string {
  return `\${secret:${name}@${version}${hash === undefined ? "" : `#${hash}`}}`;
}

/** Every reference in a text, in order. */
export function secretReferences(text: string): SecretReference[] {
  return [...text.matchAll(pattern)].map(([, name = "", version, hash]) => referenceOf(name, version, hash));
}

/** The text with each reference replaced by what `reveal` gives for it. */
export function resolveSecretReferences(text: string, reveal: (reference: SecretReference) => string): string {
  return text.replaceAll(pattern, (_, name: string, version: string, hash?: string) =>
    reveal(referenceOf(name, version, hash)),
  );
}

function referenceOf(name: string, version: string | undefined, hash: string | undefined): SecretReference {
  return { name, version: Number(version), ...(hash === undefined ? {} : { hash: "bcrypt" }) };
}
