import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { resolveSecretReferences, type SecretReference } from "../plan/secret-reference.ts";

/** The specification as its node gets it: references to secrets replaced by their values, and nothing else changed. */
export function resolveInstanceSecrets(
  spec: InstanceSpec,
  reveal: (reference: SecretReference) => string,
): InstanceSpec {
  const resolve = (text: string) => resolveSecretReferences(text, reveal);
  return {
    ...spec,
    containers: spec.containers.map(({ files, ...container }) => ({
      ...container,
      env: Object.fromEntries(Object.entries(container.env).map(([name, text]) => [name, resolve(text)])),
      ...(files === undefined
        ? {}
        : { files: files.map(({ path, content }) => ({ path, content: resolve(content) })) }),
    })),
  };
}
