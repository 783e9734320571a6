import { listRoutes, type Route, type RouteList, type RouteResult } from "@berth/shared/api/routes";
import type { JSX } from "preact";
import { call } from "../api/client.ts";
import { Ago } from "../components/elapsed.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Page } from "../components/page.tsx";
import { StateMark } from "../components/state-mark.tsx";
import { TableHead } from "../components/table-head.tsx";
import { instancePath } from "../routes/route.ts";
import { useAnswer } from "../session/use-answer.ts";
import { useRouteTests } from "../session/route-tests.ts";

const askRoutes = (signal: AbortSignal): Promise<RouteList> => call(listRoutes, { signal });

/** Which names lead where, and whether they answer. */
export function RoutesPage(): JSX.Element {
  const { answer, error } = useAnswer(askRoutes);
  const { testedAt, results, testing, error: testError, test } = useRouteTests();
  return (
    <Page
      title="Routes"
      aside={
        <div class="actions">
          <span class="secondary">
            {testedAt !== null && (
              <>
                tested <Ago moment={testedAt} />
              </>
            )}
          </span>
          <button type="button" disabled={testing} onClick={test}>
            {testing ? "Testing …" : "Test again"}
          </button>
        </div>
      }
    >
      {error && <ErrorNotice error={error} what="Routes" />}
      {testError && <ErrorNotice error={testError} what="Testing the routes" />}
      {!answer && !error && <p class="muted">Waiting for the controller to tell its routes.</p>}
      {answer?.routes.length === 0 && (
        <p class="notice">
          There are no routes: no instance of the fleet has one. A service that is reached by name gets one from the
          catalog once the fleet file places it.
        </p>
      )}
      {answer && answer.routes.length > 0 && answer.router === null && (
        <p class="notice">
          No router is configured, so names are not tested as their users ask for them: <code>routes.router</code> in
          the fleet file names it.
        </p>
      )}
      {answer && answer.routes.length > 0 && (
        <table class="list routes">
          <TableHead
            columns={[
              ["column-subject", "Name"],
              ["column-target", "Leads to"],
              ["column-test", "Last test"],
            ]}
          />
          <tbody>
            {answer.routes.map((route) => (
              <RouteRow key={route.host} route={route} result={results.get(route.host)} testing={testing} />
            ))}
          </tbody>
        </table>
      )}
    </Page>
  );
}

function RouteRow(props: { route: Route; result: RouteResult | undefined; testing: boolean }): JSX.Element {
  const { route, result, testing } = props;
  const { host, url, state, reason, suspended, servers } = route;
  return (
    <tr data-row={host}>
      <td class="column-state">
        <StateMark state={suspended ? "suspended" : state} />
      </td>
      <th class="column-subject" scope="row">
        <a href={url} target="_blank" rel="noreferrer">
          {host}
        </a>
        {state === "withdrawn" && reason !== null && <span class="trouble">{reason}</span>}
      </th>
      <td class="column-target">
        {servers.map(({ instance, address, port, state: health }) => (
          <div key={instance}>
            <a href={instancePath(instance)}>{instance}</a>{" "}
            <span class="secondary mono">
              {address}:{port}
            </span>{" "}
            {health !== "healthy" && <StateMark state={health} />}
          </div>
        ))}
      </td>
      <td class="column-test">
        <TestResult result={result} testing={testing} />
      </td>
    </tr>
  );
}

function TestResult({ result, testing }: { result: RouteResult | undefined; testing: boolean }): JSX.Element {
  if (result === undefined) return <span class="muted">{testing ? "…" : "–"}</span>;
  const { outcome, status, milliseconds, reason } = result;
  const answered = outcome === "answered" && status !== null && milliseconds !== null;
  return (
    <>
      <StateMark state={outcome} word={answered ? `${status} in ${Math.round(milliseconds)} ms` : outcome} />
      {reason !== null && <span class={outcome === "failed" ? "trouble" : "trouble muted"}>{reason}</span>}
    </>
  );
}
