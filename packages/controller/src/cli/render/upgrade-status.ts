/** How many instances are behind, in a line below the fleet's state. Pure. */
import type { InstanceCheck, UpgradeCheck } from "@berth/shared/api/upgrades";
import type { RenderOptions } from "../define-command.ts";
import { count, wrap } from "./text.ts";
import { formatAge } from "./time.ts";

/** `5 of 14 instances behind, 1 held; looked up 3h 10m ago. \`berth upgrade check\` tells which.` */
export function upgradeStatusLines(check: UpgradeCheck | undefined, { now, fit }: RenderOptions): string[] {
  if (check === undefined || check.instances.length === 0) return [];
  const [oldest] = check.services.flatMap(({ checkedAt }) => checkedAt ?? []).toSorted();
  if (oldest === undefined)
    return wrap("Whether anything is behind is not known yet: `berth upgrade check` asks.", fit);
  const behind = check.instances.filter((instance) => isBehind(instance) && !instance.held).length;
  const held = check.instances.filter((instance) => instance.held).length;
  const text = behind === 0 ? "Nothing is behind" : `${behind} of ${count(check.instances.length, "instance")} behind`;
  const end = behind === 0 ? "." : ". `berth upgrade check` tells which.";
  return wrap(`${text}${held === 0 ? "" : `, ${held} held`}; looked up ${formatAge(oldest, now)}${end}`, fit);
}

function isBehind({ patch, minor, major, rebuilt }: InstanceCheck): boolean {
  return patch !== null || minor !== null || major !== null || rebuilt !== null;
}
