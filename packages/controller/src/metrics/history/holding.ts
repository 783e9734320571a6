/**
 * What a store or a disk holds, among the groups of the history: whichever store it is in, so that it may move; but of
 * disks on the node where it is.
 */
import type { HoldingKind } from "@berth/shared/metrics/holdings";
import type { Group } from "./pending.ts";

/** One thing, and how much there was of it. */
export interface Holding {
  kind: HoldingKind;
  name: string;
  /** The instance, or the tenant, that it is held for; empty: nobody but its node. */
  owner: string;
  /** Of a disk: where it is. */
  node?: string;
  /** By column. */
  values: Readonly<Record<string, number>>;
}

/** No node has such a name. */
const prefix = "/";

/** A volume by a name that another owner's had is another one: its history is not handed on. */
export function groupOfHolding({ kind, name, owner, node }: Omit<Holding, "values">): Group {
  const place = node === undefined ? kind : [kind, node, owner].join("/");
  return { node: prefix + place, container: name, instance: owner };
}

/** null: it is a node's or a container's, as samples are. */
export function kindOfHolding({ node }: Pick<Group, "node">): string | null {
  return node.startsWith(prefix) ? (node.split("/")[1] ?? null) : null;
}

/** Of what is on a disk. */
export function nodeOfHolding({ node }: Pick<Group, "node">): string | null {
  return node.split("/")[2] ?? null;
}

export function isBucket(group: Pick<Group, "node">): boolean {
  return kindOfHolding(group) === "bucket";
}

export function isHolding(group: Pick<Group, "node">): boolean {
  return kindOfHolding(group) !== null;
}
