/** All that a tenant gone bad tries on what is not its own. */
import { networkTries } from "./network.ts";
import { clientOf, objectStoreTries } from "./object-store.ts";
import { postgresTries } from "./postgres.ts";
import { ask, qdrantTries, tokenOf } from "./qdrant.ts";
import type { Target, Try } from "./target.ts";

export function foreignTries(target: Target): Try[] {
  return [
    ...networkTries(target),
    ...postgresTries(target),
    ...qdrantTries(target),
    ...objectStoreTries(target),
    ...nameTries(target),
  ];
}

/** Lists that it may ask for must not name what is another's. */
function nameTries(target: Target): Try[] {
  return [
    {
      name: `learns the names of ${target.victim}'s collections`,
      run: async () => mentioning(target, String(await ask(target, tokenOf(target), "GET", "/collections"))),
    },
    {
      name: `learns the names of ${target.victim}'s buckets`,
      run: async () => mentioning(target, JSON.stringify(await clientOf(target).listBuckets())),
    },
  ];
}

function mentioning({ victim }: Target, list: string): string {
  if (list.includes(victim)) return list;
  throw new Error(`${victim} is not named`);
}
