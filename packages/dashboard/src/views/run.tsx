import { getRun, type LogLine, type Run } from "@berth/shared/api/runs";
import type { BerthError } from "@berth/shared/errors";
import { operationTitle } from "@berth/shared/operations/title";
import type { JSX } from "preact";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { Elapsed } from "../components/elapsed.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { LogView, type LogEntry } from "../components/log-view.tsx";
import { Page } from "../components/page.tsx";
import { RunActions } from "../components/run-actions.tsx";
import { runCounts, RunProgress } from "../components/run-progress.tsx";
import { StateMark } from "../components/state-mark.tsx";
import { Batches } from "../components/upgrade-run.tsx";
import { StepList } from "../components/step-list.tsx";
import { upgradeKind, upgradeOfRun } from "../fleet/upgrade-batches.ts";
import { formatMoment } from "../format/time.ts";
import { lookAt } from "../session/looked-runs.ts";
import { useSession } from "../session/session.ts";
import { askUpgrades, useAnswer } from "../session/use-answer.ts";
import { useStore } from "../store.ts";
import { useRequest } from "../use-request.ts";
import { useRunLog } from "./use-run-log.ts";

/** One run: its steps and its log, live while it goes on. */
export function RunPage({ id }: { id: number }): JSX.Element {
  const { fleet } = useSession();
  const run = useStore(fleet, (state) => state.runDetails.get(id));
  const error = useFetchedRun(id);
  return (
    <Page title={`Run ${id}`} aside={run && <RunActions run={run} />}>
      {error && <ErrorNotice error={error} what={`Run ${id}`} />}
      {run ? <RunBody run={run} /> : !error && <p class="muted">Waiting for the controller to tell this run.</p>}
    </Page>
  );
}

/** Asks for the run's steps whenever the stream opens; after that the stream tells every change. */
function useFetchedRun(id: number): BerthError | undefined {
  const { takeRun, stream } = useSession();
  const isOpen = useStore(stream, (state) => state.phase === "open");
  const fetchRun = useCallback(
    async (signal: AbortSignal) => takeRun(call(getRun, { params: { id }, signal })),
    // isOpen: what was missed while the stream was not open.
    [id, takeRun, isOpen],
  );
  return useRequest(fetchRun);
}

function RunBody({ run }: { run: Run }): JSX.Element {
  const lines = useRunLog(run.id);
  useEffect(() => lookAt(run), [run]);
  const [selected, setSelected] = useState<string | null>(null);
  // The steps of a run never become others; that they change state must not write the log anew.
  const titles = useMemo(() => new Map(run.steps.map((step) => [step.id, operationTitle(step)])), [run.id]);
  const entries = useMemo(() => entriesOf(lines, selected, titles), [lines, selected, titles]);
  return (
    <>
      <section class="current-run" aria-label="State">
        <p>
          <StateMark state={run.state} />
          <span>{run.kind}</span>
          <span class="secondary">
            {runCounts(run)} · <Elapsed from={run.createdAt} to={run.endedAt} /> · started{" "}
            {formatMoment(run.createdAt, Date.now())} by {run.account}
          </span>
        </p>
        <RunProgress run={run} />
        {run.kind === upgradeKind && <RunBatches run={run} />}
      </section>
      <div class="run-columns">
        <section aria-labelledby="steps-title">
          <h2 id="steps-title">Steps</h2>
          <StepList run={run} selected={selected} onSelect={setSelected} />
        </section>
        <section class="run-log" aria-labelledby="log-title">
          <h2 id="log-title">
            Log <span class="secondary">{selected === null ? "of all steps" : (titles.get(selected) ?? selected)}</span>
            {selected !== null && (
              <button type="button" class="small" onClick={() => setSelected(null)}>
                All steps
              </button>
            )}
          </h2>
          <LogView label="Log of the run" entries={entries} empty="No lines yet." />
        </section>
      </div>
    </>
  );
}

/** The batches of an upgrade, with what became of each instance. */
function RunBatches({ run }: { run: Run }): JSX.Element {
  const { answer } = useAnswer(askUpgrades);
  return <Batches run={run} upgrade={upgradeOfRun(run, answer ?? [])} />;
}

function entriesOf(lines: readonly LogLine[], step: string | null, titles: ReadonlyMap<string, string>): LogEntry[] {
  return lines
    .filter((line) => step === null || line.step === step)
    .map((line) => ({
      sequence: line.sequence,
      prefix: `${new Date(line.at).toLocaleTimeString("en-GB")}${step === null ? `  ${titles.get(line.step) ?? line.step}` : ""}`,
      text: line.line,
    }));
}
