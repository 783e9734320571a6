import type { JSX } from "preact";
import { useCallback } from "preact/hooks";
import { useNow } from "../clock.ts";
import { Elapsed } from "../components/elapsed.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Page } from "../components/page.tsx";
import { runCounts, RunProgress } from "../components/run-progress.tsx";
import { StateMark } from "../components/state-mark.tsx";
import { formatMoment } from "../format/time.ts";
import { runPath } from "../routes/route.ts";
import { loadRuns } from "../session/catch-up.ts";
import { useSession } from "../session/session.ts";
import { useStore } from "../store.ts";
import { useRequest } from "../use-request.ts";

/** Runs, newest first. */
export function RunsPage(): JSX.Element {
  const { fleet, account, problems } = useSession();
  const runs = useStore(fleet, (state) => state.runs);
  const now = useNow();
  // The session asks for them, but not for an account that would be refused: such a page asks itself, to hear why.
  const ask = useCallback((signal: AbortSignal) => loadRuns(fleet, signal), [fleet]);
  const asked = useRequest(account.role === "tenant" ? ask : undefined);
  const error = useStore(problems, (map) => map.get("Runs")) ?? asked;
  return (
    <Page title="Runs">
      {runs === null && error && <ErrorNotice error={error} what="Runs" />}
      {runs === null && !error && <p class="muted">Waiting for the controller to tell its runs.</p>}
      {runs?.length === 0 && <p class="muted">There was no run yet.</p>}
      {runs !== null && runs.length > 0 && (
        <table class="runs">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Run</th>
              <th scope="col">Steps</th>
              <th scope="col" class="optional">
                Started
              </th>
              <th scope="col">Took</th>
              <th scope="col" class="optional">
                By
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <tr key={run.id}>
                <td>
                  <StateMark state={run.state} />
                </td>
                <th scope="row">
                  <a href={runPath(run.id)}>
                    {run.id} · {run.kind}
                  </a>
                </th>
                <td>
                  <span>{runCounts(run)}</span>
                  <RunProgress run={run} />
                </td>
                <td class="optional">{formatMoment(run.createdAt, now)}</td>
                <td>
                  <Elapsed from={run.createdAt} to={run.endedAt} />
                </td>
                <td class="optional">{run.account}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Page>
  );
}
