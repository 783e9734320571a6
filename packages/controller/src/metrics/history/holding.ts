/** What a store holds, among the groups of the history: whichever store it is in, so that it may move. */
import type { Group } from "./pending.ts";

export type HoldingKind = "database" | "collection" | "bucket";

/** One thing that a store holds, and how much there was of it. */
export interface Holding {
  kind: HoldingKind;
  name: string;
  /** The instance, or the tenant, that it is held for. */
  owner: string;
  /** By column. */
  values: Readonly<Record<string, number>>;
}

/** No node has such a name. */
const prefix = "/";

export function groupOfHolding({ kind, name, owner }: Omit<Holding, "values">): Group {
  return { node: prefix + kind, container: name, instance: owner };
}

export function isBucket({ node }: Pick<Group, "node">): boolean {
  return node === `${prefix}bucket`;
}

export function isHolding({ node }: Pick<Group, "node">): boolean {
  return node.startsWith(prefix);
}
