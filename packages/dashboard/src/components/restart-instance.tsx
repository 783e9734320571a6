import { restartInstances } from "@berth/shared/api/instances";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { useSession } from "../session/session.ts";
import { ErrorNotice } from "./error-notice.tsx";

/** For accounts that may; asks once more. The run that it begins is shown wherever runs are. */
export function RestartInstance({ name }: { name: string }): JSX.Element | null {
  const session = useSession();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<BerthError>();
  if (session.account.role !== "admin" && session.account.role !== "operator") return null;

  const restart = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const { run } = await call(restartInstances, { body: { of: [name], dryRun: false } });
      if (run !== null) await session.takeRun(Promise.resolve(run));
      setAsking(false);
    } catch (thrown) {
      setError(toBerthError(thrown));
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="actions">
      {asking ? (
        <>
          <span class="secondary">It does not answer until it is healthy again.</span>
          <button type="button" class="danger" disabled={busy} onClick={() => void restart()} autofocus>
            Restart it
          </button>
          <button type="button" disabled={busy} onClick={() => setAsking(false)}>
            Leave it
          </button>
        </>
      ) : (
        <button type="button" onClick={() => setAsking(true)}>
          Restart
        </button>
      )}
      {error && <ErrorNotice error={error} what="Restart" />}
    </div>
  );
}
