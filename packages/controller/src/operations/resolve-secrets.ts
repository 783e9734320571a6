import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import * as z from "zod";
import { resolveSecretReferences, type SecretReference } from "../plan/secret-reference.ts";
import { bcryptHash } from "../secrets/bcrypt-hash.ts";

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

/** Any input as its node gets it: every text in it with its references replaced. */
export function resolveSecrets<Input>(input: Input, reveal: (reference: SecretReference) => string): Input {
  return z.custom<Input>().parse(resolveValue(input, reveal));
}

function resolveValue(value: unknown, reveal: (reference: SecretReference) => string): unknown {
  if (typeof value === "string") return resolveSecretReferences(value, reveal);
  if (Array.isArray(value)) return value.map((item) => resolveValue(item, reveal));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveValue(item, reveal)]));
}

/** What references stand for at dispatch: the values that `reveal` gives, or their hashes where these are asked for. */
export function dispatchedValues(
  reveal: (reference: SecretReference) => string,
): (reference: SecretReference) => string {
  return (reference) => {
    const value = reveal(reference);
    return reference.hash === undefined ? value : bcryptHash(value, `${reference.name}@${reference.version}`);
  };
}
