/** What is, as far as it could be seen. Gathered by the observation room; compared by `planFleet`. */
import { digestOf, withoutTag } from "@berth/shared/catalog/version-digest";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { InstanceState } from "@berth/shared/protocol/state";

export interface ObservedLxc {
  vmid: number;
  status: "running" | "stopped";
  /** null: all of the host's. */
  cores: number | null;
  memoryBytes: number;
  swapBytes: number;
  /** null: the storage does not say. */
  diskBytes: number | null;
  /** Sorted. */
  features: readonly string[];
  address: string | null;
}

/** `unseen`: nothing is known, because what would tell was not there or did not answer. */
export type Seen<T> = T | "unseen";

export interface ObservedNode {
  /** null: none exists. */
  lxc: Seen<ObservedLxc | null>;
  agentOnline: boolean;
  /** References of the images present, by tag and by digest. */
  images: Seen<ReadonlySet<string>>;
  /** Whether its agent knows images by digest; older ones do not. */
  knowsDigests: boolean;
  instances: Seen<ReadonlyMap<string, ObservedPlacement>>;
  /** Hash of the firewall's rules in force; null: there are none. */
  firewall: Seen<string | null>;
}

export interface ObservedPlacement {
  hash: string;
  version: string;
  service: string;
  state: InstanceState;
  drift: readonly string[];
}

/** How something in a store departs from its need, as phrases; empty: not at all. */
export type ObservedNeed = { exists: boolean; differences: readonly string[] };

export interface Observed {
  nodes: ReadonlyMap<string, ObservedNode>;
  /** By id of the operation that meets it; a store that could not be asked leaves its own out. */
  needs: ReadonlyMap<string, ObservedNeed>;
  /** By hash: what instances were made of, as far as it is on record. */
  specifications: ReadonlyMap<string, InstanceSpec>;
  /** What could not be seen, as sentences for the reader. */
  warnings: readonly string[];
}

export const unseenNode: ObservedNode = {
  lxc: "unseen",
  agentOnline: false,
  images: "unseen",
  knowsDigests: false,
  instances: "unseen",
  firewall: "unseen",
};

/** By its digest, where the reference has one: Docker looks at no tag then. */
export function isImagePresent(images: ReadonlySet<string>, reference: string): boolean {
  return images.has(digestOf(reference) === null ? reference : withoutTag(reference));
}

/** It may hold anything: its agent is away, and it is not known to be gone. */
export function isUnseen({ lxc, instances }: ObservedNode): boolean {
  return instances === "unseen" && lxc !== null;
}
