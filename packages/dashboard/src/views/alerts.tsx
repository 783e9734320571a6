import { endSilence, listAlerts, type Alert, type Silence } from "@berth/shared/api/alerts";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { AlertReceivers } from "../components/alert-receivers.tsx";
import { AlertSubject, alertState, matcherWords, Sentence } from "../components/alert-subject.tsx";
import { Commands } from "../components/command.tsx";
import { Ago, Elapsed } from "../components/elapsed.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Page } from "../components/page.tsx";
import { SilenceDialog } from "../components/silence-dialog.tsx";
import { StateMark } from "../components/state-mark.tsx";
import { TableHead } from "../components/table-head.tsx";
import { mayOperate } from "../session/may.ts";
import { useSession } from "../session/session.ts";
import { useAnswer } from "../session/use-answer.ts";

const shownRecent = 50;

const askAlerts = (signal: AbortSignal) => call(listAlerts, { query: { recent: shownRecent }, signal });

/** What is amiss, why and since when; what was; what is silenced; and whom all of it reaches. */
export function AlertsPage(): JSX.Element {
  const { answer, error } = useAnswer(askAlerts);
  const firing = answer?.active.filter(({ state }) => state === "firing");
  const pending = answer?.active.filter(({ state }) => state === "pending");
  return (
    <Page title="Alerts">
      {error && <ErrorNotice error={error} what="Alerts" />}
      {!answer && !error && <p class="muted">Waiting for the controller to tell what is amiss.</p>}
      {firing?.length === 0 && (
        <p class="summary-line">
          <StateMark state="healthy" word="Nothing is amiss." />
        </p>
      )}
      {firing && firing.length > 0 && <ActiveTable alerts={firing} label="Active alerts" />}
      {pending && pending.length > 0 && (
        <section aria-labelledby="pending-title">
          <h2 id="pending-title">
            Pending <span class="secondary">amiss, and not for long enough yet to be told</span>
          </h2>
          <ActiveTable alerts={pending} label="Pending alerts" />
        </section>
      )}
      {answer && answer.silences.length > 0 && <Silences silences={answer.silences} />}
      {answer && answer.recent.length > 0 && <Recent alerts={answer.recent} />}
      {answer && <AlertReceivers receivers={answer.receivers} />}
      <Commands
        of={[
          ["The same in a terminal", "berth alert list"],
          ["Have nobody told of a node while somebody works on it", "berth alert silence --node NODE --for 2h"],
        ]}
      />
    </Page>
  );
}

function ActiveTable({ alerts, label }: { alerts: readonly Alert[]; label: string }): JSX.Element {
  const maySilence = mayOperate(useSession().account);
  const [silencing, setSilencing] = useState<Alert>();
  return (
    <>
      <table class="list alerts" aria-label={label}>
        <TableHead
          columns={[
            ["column-subject", "What"],
            ["column-when", "Since"],
            ["column-told optional", "Told"],
          ]}
          {...(maySilence ? { more: "Silence" } : {})}
        />
        <tbody>
          {alerts.map((alert) => (
            <ActiveRow key={alert.id} alert={alert} {...(maySilence ? { onSilence: () => setSilencing(alert) } : {})} />
          ))}
        </tbody>
      </table>
      {silencing && <SilenceDialog alert={silencing} onClose={() => setSilencing(undefined)} />}
    </>
  );
}

function ActiveRow({ alert, onSilence }: { alert: Alert; onSilence?: () => void }): JSX.Element {
  const { id, summary, description, since, told, silencedBy, returns, wellSince, rule } = alert;
  return (
    <tr data-row={id}>
      <td class="column-state">
        <StateMark state={alertState(alert)} />
      </td>
      <th class="column-subject" scope="row">
        <AlertSubject alert={alert}>{summary}</AlertSubject>
        <span class="secondary note">
          <Sentence text={description} /> Rule <span class="mono">{rule}</span>
          {returns > 0 && <>, came back {returns > 1 ? `${returns} times ` : ""}within a day</>}
          {wellSince !== null && (
            <>
              , well again <Ago moment={wellSince} />
            </>
          )}
          .
        </span>
      </th>
      <td class="column-when">
        <Ago moment={since} />
      </td>
      <td class="column-told optional secondary">{told.length === 0 ? "nobody" : told.join(", ")}</td>
      {onSilence && (
        <td class="column-more">
          {silencedBy.length === 0 && (
            <button type="button" class="small" aria-label={`Silence: ${summary}`} onClick={onSilence}>
              Silence…
            </button>
          )}
        </td>
      )}
    </tr>
  );
}

function Silences({ silences }: { silences: readonly Silence[] }): JSX.Element {
  return (
    <section aria-labelledby="silences-title">
      <h2 id="silences-title">Silences</h2>
      <ul class="parts">
        {silences.map((silence) => (
          <SilenceItem key={silence.id} silence={silence} />
        ))}
      </ul>
    </section>
  );
}

function SilenceItem({ silence }: { silence: Silence }): JSX.Element {
  const { id, matchers, comment, account, endsAt } = silence;
  const { controllerNow } = useSession();
  const maySilence = mayOperate(useSession().account);
  const [error, setError] = useState<BerthError>();
  const end = () => call(endSilence, { params: { id } }).catch((thrown: unknown) => setError(toBerthError(thrown)));
  return (
    <li class="silence">
      <span>
        {matcherWords(matchers)}, for another <Elapsed from={new Date(controllerNow()).toISOString()} to={endsAt} />
        <span class="secondary">
          {" "}
          by {account}
          {comment !== "" && <>: {comment}</>}
        </span>
      </span>
      {maySilence && (
        <button
          type="button"
          class="small"
          aria-label={`End the silence of ${matcherWords(matchers)}`}
          onClick={() => void end()}
        >
          End
        </button>
      )}
      {error && <ErrorNotice error={error} what="End the silence" />}
    </li>
  );
}

function Recent({ alerts }: { alerts: readonly Alert[] }): JSX.Element {
  return (
    <section aria-labelledby="recent-title">
      <h2 id="recent-title">Over</h2>
      <table class="list alerts over" aria-labelledby="recent-title">
        <TableHead
          columns={[
            ["column-subject", "What"],
            ["column-when", "Ended"],
            ["column-told", "Lasted"],
          ]}
        />
        <tbody>
          {alerts.map((alert) => (
            <tr key={alert.id} data-row={alert.id}>
              <td class="column-state">
                <StateMark state="over" />
              </td>
              <th class="column-subject" scope="row">
                <AlertSubject alert={alert}>{alert.summary}</AlertSubject>
              </th>
              <td class="column-when">{alert.endedAt !== null && <Ago moment={alert.endedAt} />}</td>
              <td class="column-told">
                <Elapsed from={alert.firedAt ?? alert.since} to={alert.endedAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
