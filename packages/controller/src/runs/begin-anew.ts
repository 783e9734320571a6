/** Runs that failed in a way that carrying on with them leads nowhere. Pure. */
import type { RunRecord } from "../inventory/runs.ts";
import { rotateAgain } from "../rotation/untaken.ts";
import { upgradeAgain } from "../upgrades/carry-out/upgrade-again.ts";

export interface Anew {
  /** What begins anew. */
  command: string;
  /** Why the run is not carried on, as a phrase. */
  why: string;
}

/** null: the run can be carried on. */
export function beginAnew(run: Pick<RunRecord, "kind" | "steps">): Anew | null {
  const rotation = rotateAgain(run);
  if (rotation !== null) return { command: rotation, why: "the new secrets that it made are taken back" };
  const upgrade = upgradeAgain(run);
  return upgrade === null ? null : { command: upgrade, why: "an instance went back from the new version" };
}
