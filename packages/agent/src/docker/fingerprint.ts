/** What a container is made of, so that one part of an instance can change without the others. Pure. */
import { createHash } from "node:crypto";
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import { containerOptions } from "./container-options.ts";
import { instanceLabels, labels } from "./labels.ts";

/** SHA-256 of everything that only another container could have otherwise: its health is looked at from outside. */
export function fingerprintOf(spec: InstanceSpec, container: ContainerSpec): string {
  const content = [containerOptions(spec, container), container.files ?? [], container.digest ?? null];
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

export function containerLabels(spec: InstanceSpec, container: ContainerSpec): Record<string, string> {
  return { ...instanceLabels(spec), [labels.fingerprint]: fingerprintOf(spec, container) };
}

/**
 * Whether a container with these labels is the one that the specification asks for: made to it, or to another one that
 * says the same of this container. The hash counts first, so that an agent of another version, which may make
 * containers otherwise, replaces none of those that it finds.
 */
export function isMadeTo(
  spec: InstanceSpec,
  container: ContainerSpec,
  present: Readonly<Record<string, string>>,
): boolean {
  return present[labels.hash] === spec.hash || present[labels.fingerprint] === fingerprintOf(spec, container);
}
