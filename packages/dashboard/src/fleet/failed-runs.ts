/** Which runs that failed still ask for a look. Pure. */
import type { RunSummary } from "@berth/shared/api/runs";

/** How a run has ended: one that is resumed may fail once more, and ids begin anew where a controller was rebuilt. */
export function endKey({ id, endedAt }: Pick<RunSummary, "id" | "endedAt">): string {
  return `${id} ${endedAt}`;
}

/**
 * Of each kind the newest run that was not cancelled, if it failed and nobody has opened its page in this browser: until
 * then nothing but a later run of its kind that goes on or succeeded makes up for it, whatever else comes after it.
 */
export function failedRuns(runs: readonly RunSummary[], looked: ReadonlySet<string>): RunSummary[] {
  const newest = new Map<string, RunSummary>();
  for (const run of runs) {
    const known = newest.get(run.kind);
    if (run.state !== "cancelled" && (known === undefined || run.id > known.id)) newest.set(run.kind, run);
  }
  return [...newest.values()].filter((run) => run.state === "failed" && !looked.has(endKey(run)));
}
