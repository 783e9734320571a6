/** A secret by name and version, as it stands in plans, hashes and stored steps. The value comes in at dispatch. */
export interface SecretReference {
  name: string;
  version: number;
}

const pattern = /\$\{secret:([a-z0-9-]+\/[A-Za-z0-9-]+)@(\d+)\}/g;

export function writeSecretReference({ name, version }: SecretReference): string {
  return `\${secret:${name}@${version}}`;
}

/** Every reference in a text, in order. */
export function secretReferences(text: string): SecretReference[] {
  return [...text.matchAll(pattern)].map(([, name, version]) => ({ name: name ?? "", version: Number(version) }));
}

/** The text with each reference replaced by what `reveal` gives for it. */
export function resolveSecretReferences(text: string, reveal: (reference: SecretReference) => string): string {
  return text.replaceAll(pattern, (_, name: string, version: string) => reveal({ name, version: Number(version) }));
}
