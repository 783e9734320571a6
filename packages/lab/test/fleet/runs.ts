/** Runs as the CLI tells of them. */
import { listRuns, runSchema, type Run, type Step } from "@berth/shared/api/runs";
import * as z from "zod";
import { waitFor } from "../../src/host/wait.ts";
import type { TestFleet } from "./fixture.ts";

export async function latestRun(fleet: TestFleet): Promise<Run> {
  const { runs } = await fleet.json(listRuns.response, ["run", "list"]);
  const [latest] = runs;
  if (latest === undefined) throw new Error("There was no run yet");
  return run(fleet, latest.id);
}

export async function run(fleet: TestFleet, id: number): Promise<Run> {
  return (await fleet.json(z.object({ run: runSchema }), ["run", "show", String(id)])).run;
}

/** What the failed steps of the latest run say. */
export async function stepErrors(fleet: TestFleet): Promise<Step["error"][]> {
  const { steps } = await latestRun(fleet);
  return steps.map(({ error }) => error).filter((error) => error !== null);
}

/** Waits until a run is no longer under way, whatever becomes of it and of the controller meanwhile. */
export function waitForEnd(fleet: TestFleet, id: number, deadlineMs: number): Promise<Run> {
  return waitFor({
    what: `The end of run ${id}`,
    deadlineMs,
    intervalMs: 500,
    check: async () => {
      const current = await run(fleet, id);
      return current.state === "running" ? undefined : current;
    },
  });
}
