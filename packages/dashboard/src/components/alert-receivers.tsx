import { testAlerts, type AlertReceiverStatus, type TestAlertsResult } from "@berth/shared/api/alerts";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { mayOperate } from "../session/may.ts";
import { useSession } from "../session/session.ts";
import { Ago } from "./elapsed.tsx";
import { ErrorNotice } from "./error-notice.tsx";
import { StateMark } from "./state-mark.tsx";

/** Whom alerts reach, or what is in the way. */
export function AlertReceivers({ receivers }: { receivers: readonly AlertReceiverStatus[] }): JSX.Element {
  return (
    <section aria-labelledby="receivers-title">
      <h2 id="receivers-title">Receivers</h2>
      {receivers.length === 0 && (
        <p class="notice">
          Nobody is told: the fleet file has no <code>alerts.receivers</code> yet. docs/alerts.md shows each kind.
        </p>
      )}
      <ul class="parts">
        {receivers.map((receiver) => (
          <Receiver key={receiver.name} receiver={receiver} />
        ))}
      </ul>
    </section>
  );
}

function Receiver({ receiver: { name, kind, problem, deliveredAt } }: { receiver: AlertReceiverStatus }): JSX.Element {
  const { account } = useSession();
  const [result, setResult] = useState<TestAlertsResult>();
  const [error, setError] = useState<BerthError>();
  const [busy, setBusy] = useState(false);
  const test = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      setResult((await call(testAlerts, { body: { receiver: name } })).results[0]);
    } catch (thrown) {
      setError(toBerthError(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <li class="silence">
      <StateMark state={problem === null ? "healthy" : "failed"} word={name} />
      <span>
        <span class="secondary">
          {kind}
          {deliveredAt !== null && (
            <>
              , last message <Ago moment={deliveredAt} />
            </>
          )}
        </span>
        {problem !== null && <span class="trouble">{problem}</span>}
        <span role="status">
          {result && (
            <span class={result.delivered ? "secondary note" : "trouble"}>
              Test {result.delivered ? "delivered" : "failed"}: {result.answer}
            </span>
          )}
        </span>
      </span>
      {mayOperate(account) && (
        <button type="button" class="small" disabled={busy} aria-label={`Test ${name}`} onClick={() => void test()}>
          Test
        </button>
      )}
      {error && <ErrorNotice error={error} what="Test" />}
    </li>
  );
}
