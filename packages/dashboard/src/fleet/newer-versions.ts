/** What there is to move instances to. Pure. */
import type { InstanceCheck } from "@berth/shared/api/upgrades";
import { tagOf } from "@berth/shared/catalog/version-digest";

export type Newer = [step: "patch" | "minor" | "major" | "published anew", version: string];

/** The nearest step to a newer version first. Instances of different versions may have different ones to go to. */
export function newest(instances: readonly InstanceCheck[]): Newer[] {
  const newer = (["patch", "minor", "major"] as const).flatMap((step) =>
    instances.flatMap((one): Newer[] => (one[step] === null ? [] : [[step, one[step]]])),
  );
  const anew = instances.flatMap(({ version, rebuilt }): Newer[] =>
    rebuilt === null ? [] : [["published anew", `${tagOf(version)}@${rebuilt}`]],
  );
  return [...new Map([...newer, ...anew].map((one) => [one[1], one])).values()];
}
