import { cancelRun, resumeRun, type Run } from "@berth/shared/api/runs";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { mayOperate } from "../session/may.ts";
import { useSession } from "../session/session.ts";
import { ErrorNotice } from "./error-notice.tsx";

/** Cancel, resume or begin anew, whichever makes sense, for accounts that may. Cancelling asks once more. */
export function RunActions({ run }: { run: Run }): JSX.Element | null {
  const session = useSession();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<BerthError>();
  if (!mayOperate(session.account)) return null;

  const act = async (endpoint: typeof cancelRun): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await session.takeRun(call(endpoint, { params: { id: run.id } }));
      setAsking(false);
    } catch (thrown) {
      setError(toBerthError(thrown));
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="actions">
      {run.state === "running" && !asking && (
        <button type="button" onClick={() => setAsking(true)}>
          Cancel run
        </button>
      )}
      {run.state === "running" && asking && (
        <>
          <span>Steps that have ended stay as they are.</span>
          <button type="button" class="danger" disabled={busy} onClick={() => void act(cancelRun)} autofocus>
            Cancel it
          </button>
          <button type="button" disabled={busy} onClick={() => setAsking(false)}>
            Go on
          </button>
        </>
      )}
      {run.restartWith !== undefined && (
        <span>
          It cannot be resumed. Begin anew with <code>{run.restartWith}</code>.
        </span>
      )}
      {(run.state === "failed" || run.state === "cancelled") && run.restartWith === undefined && (
        <button type="button" disabled={busy} onClick={() => void act(resumeRun)}>
          Resume run
        </button>
      )}
      {error && <ErrorNotice error={error} />}
    </div>
  );
}
