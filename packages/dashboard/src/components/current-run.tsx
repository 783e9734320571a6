import type { Run, RunSummary } from "@berth/shared/api/runs";
import { operationTitle } from "@berth/shared/operations/title";
import type { JSX } from "preact";
import { currentRun } from "../fleet/fleet-state.ts";
import { runPath } from "../routes/route.ts";
import { useSession } from "../session/session.ts";
import { useStore } from "../store.ts";
import { Elapsed } from "./elapsed.tsx";
import { runCounts, RunProgress } from "./run-progress.tsx";
import { StateMark } from "./state-mark.tsx";

/** The run that is going on, in two lines; the last one when none is. */
export function CurrentRun(): JSX.Element | null {
  const { fleet } = useSession();
  const run = useStore(fleet, (state) => currentRun(state) ?? state.runs?.[0]);
  const details = useStore(fleet, (state) => (run === undefined ? undefined : state.runDetails.get(run.id)));
  if (!run) return null;
  return (
    <section class="current-run" aria-label={run.state === "running" ? "Current run" : "Last run"}>
      <p>
        <StateMark state={run.state} />
        <a href={runPath(run.id)}>
          Run {run.id} · {run.kind}
        </a>
        <span class="secondary">
          {runCounts(run)} · <Elapsed from={run.createdAt} to={run.endedAt} />
        </span>
        <span class="secondary grow ellipsis">{run.state === "running" ? activity(run, details) : ""}</span>
      </p>
      <RunProgress run={run} />
    </section>
  );
}

/** What is being done at the moment. */
function activity(run: RunSummary, details: Run | undefined): string {
  const running = details?.steps.filter((step) => step.state === "running") ?? [];
  const [first] = running;
  if (!first) return run.counts.waiting > 0 ? "waiting for its next step" : "";
  const more = running.length > 1 ? ` and ${running.length - 1} more` : "";
  return `${operationTitle(first)}${more}${first.progress === null ? "" : `: ${first.progress}`}`;
}
