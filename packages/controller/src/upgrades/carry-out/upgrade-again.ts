/** How an upgrade is begun anew of which an instance went back. Pure. */
import { instanceUpgrade } from "@berth/shared/operations/instance-upgrade";
import { upgradeConclude } from "@berth/shared/operations/upgrade-conclude";
import type { RunRecord } from "../../inventory/runs.ts";

/**
 * The command that tries again what failed; null: carrying on with the run leads somewhere. A run that is carried on does
 * not move an instance that went back a second time, so that it would fail at once, as would its conclusion.
 */
export function upgradeAgain({ steps }: Pick<RunRecord, "steps">): string | null {
  for (const { kind, state, error, input } of steps) {
    if (state !== "failed") continue;
    if (kind === "instance.upgrade" && error?.code === "instance.unhealthy") {
      const { spec } = instanceUpgrade.input.parse(input);
      return againCommand(spec);
    }
    if (kind === "upgrade.conclude" && error?.code === "run.failed")
      return againCommand(upgradeConclude.input.parse(input));
  }
  return null;
}

/** A version that an instance went back from is refused otherwise. */
export function againCommand({ service, version }: { service: string; version: string }): string {
  return `berth upgrade ${service} --to ${version} --retry`;
}
