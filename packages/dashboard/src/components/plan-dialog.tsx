import type { Run } from "@berth/shared/api/runs";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import type { Plan } from "@berth/shared/operations/plan";
import { planSummary } from "@berth/shared/operations/summary";
import { operationTitle } from "@berth/shared/operations/title";
import type { ComponentChildren, JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useSession } from "../session/session.ts";
import { useRequest } from "../use-request.ts";
import { ErrorNotice } from "./error-notice.tsx";

const nothingToDo = "Nothing to do: the fleet is as it should be.";

/** Asks the controller for a change; a dry run plans it and changes nothing. */
export type AskForChange = (dryRun: boolean, signal?: AbortSignal) => Promise<{ plan: Plan; run: Run | null }>;

interface PlanDialogProps {
  title: string;
  /** What there is to know before, or to choose. */
  children?: ComponentChildren;
  /** The same function while the same is asked for: another one is planned anew. */
  ask: AskForChange;
  /** What the button that begins says: `Restart it`. */
  confirm: string;
  /** Worth beginning though nothing on a node changes: what the fleet is to be does. */
  mayChangeNothing?: boolean;
  onClose: () => void;
}

/** The CLI's `--plan`, then the command itself: what would be done is shown first, and begun by a second press. */
export function PlanDialog(props: PlanDialogProps): JSX.Element {
  const { title, children, ask, confirm, mayChangeNothing = false, onClose } = props;
  const session = useSession();
  const dialog = useRef<HTMLDialogElement>(null);
  const [planned, setPlanned] = useState<{ ask: AskForChange; plan: Plan }>();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<BerthError>();
  useEffect(() => dialog.current?.showModal(), []);

  const look = useCallback(
    async (signal: AbortSignal): Promise<void> => {
      setFailure(undefined);
      const { plan } = await ask(true, signal);
      if (!signal.aborted) setPlanned({ ask, plan });
    },
    [ask],
  );
  const refusal = useRequest(look);
  const plan = planned?.ask === ask ? planned.plan : undefined;
  const error = failure ?? (plan === undefined ? refusal : undefined);

  const isReady = plan !== undefined && (plan.operations.length > 0 || mayChangeNothing);
  const begin = async (): Promise<void> => {
    setBusy(true);
    setFailure(undefined);
    try {
      const { run } = await ask(false);
      if (run !== null) await session.takeRun(Promise.resolve(run));
      onClose();
    } catch (thrown) {
      setFailure(toBerthError(thrown));
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} class="dialog plan-dialog" aria-labelledby="plan-title" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void begin();
        }}
      >
        <h2 id="plan-title">{title}</h2>
        {children}
        <div aria-live="polite" aria-busy={plan === undefined && !error}>
          {error && <ErrorNotice error={error} what={title} />}
          {plan === undefined && !error && <p class="muted">Planning …</p>}
          {plan && <PlanList plan={plan} nothing={mayChangeNothing ? "Nothing on a node changes." : nothingToDo} />}
        </div>
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Leave it
          </button>
          <button type="submit" class="danger" disabled={busy || !isReady}>
            {confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function PlanList({ plan, nothing }: { plan: Plan; nothing: string }): JSX.Element {
  const { operations, warnings } = plan;
  return (
    <>
      {operations.length === 0 ? (
        <p>{nothing}</p>
      ) : (
        <>
          <p>{planSummary(plan)}</p>
          <ol class="plan" aria-label="Plan">
            {operations.map((operation) => (
              <li key={operation.id} data-operation={operation.id}>
                {operationTitle(operation)} <span class="secondary">{operation.reason}</span>
              </li>
            ))}
          </ol>
        </>
      )}
      {warnings.map((warning) => (
        <p key={warning} class="notice notice-warning">
          {warning}
        </p>
      ))}
    </>
  );
}
