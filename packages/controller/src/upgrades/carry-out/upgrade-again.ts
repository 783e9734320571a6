/** How an upgrade is begun anew of which an instance went back. Pure. */
import { instanceUpgrade } from "@berth/shared/operations/instance-upgrade";
import type { RunRecord } from "../../inventory/runs.ts";

/**
 * The command that tries again what failed; null: carrying on with the run leads somewhere. A run that is carried on does
 * not move an instance that went back a second time, so that it would fail at once.
 */
export function upgradeAgain({ steps }: Pick<RunRecord, "steps">): string | null {
  for (const step of steps) {
    if (step.kind !== "instance.upgrade" || step.state !== "failed" || step.error?.code !== "instance.unhealthy")
      continue;
    const input = instanceUpgrade.input.safeParse(step.input);
    if (!input.success) continue;
    return `berth upgrade ${input.data.spec.service} --to ${input.data.spec.version}`;
  }
  return null;
}
