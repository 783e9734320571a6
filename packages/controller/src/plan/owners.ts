/** Who has what in the stores, and under which names a tenant has something. Pure. */
import type { Desired } from "./desired.ts";
import type { DesiredNeed } from "./desired-needs.ts";

/** An instance, the owner of buckets, or the store itself for its models. */
export function ownerOf({ input }: Pick<DesiredNeed, "input">): string {
  if ("instance" in input) return input.instance;
  return "owner" in input ? input.owner : input.server;
}

/** The tenant itself and its instances, suspended ones too. Their names may begin with those of others. */
export function ownersOf({ instances, suspended }: Pick<Desired, "instances" | "suspended">, tenant: string) {
  const running = instances.filter(({ spec }) => spec.tenant === tenant).map(({ spec }) => spec.instance);
  const resting = [...suspended].filter(([, whose]) => whose.tenant === tenant).map(([instance]) => instance);
  return new Set([tenant, ...running, ...resting]);
}

export interface Holdings {
  databases: string[];
  collections: string[];
  buckets: string[];
}

/** What a tenant has in the stores, by name. Of what is suspended nothing is desired: see `awake`. */
export function holdingsOf(desired: Desired, tenant: string): Holdings {
  const owners = ownersOf(desired, tenant);
  const own = desired.needs.filter((need) => owners.has(ownerOf(need)));
  return {
    databases: own.flatMap(({ kind, input }) => (kind === "database.ensure" ? [input.database] : [])),
    collections: own.flatMap(({ kind, input }) =>
      kind === "collections.ensure" ? input.collections.map(({ name }) => name) : [],
    ),
    buckets: own.flatMap(({ kind, input }) => (kind === "buckets.ensure" ? input.buckets : [])),
  };
}
