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
  /** What the button that begins says, `Restart it`; of the plan once there is one. */
  confirm: string | ((plan: Plan | undefined) => string);
  /** Worth beginning though nothing on a node changes: what the fleet is to be does. */
  mayChangeNothing?: boolean;
  onClose: () => void;
}

/** What came of planning what `ask` asks for. */
type Planned = { ask: AskForChange; note?: string } & ({ plan: Plan } | { refusal: BerthError });

/** The CLI's `--plan`, then the command itself: what would be done is shown first, and begun by a second press. */
export function PlanDialog(props: PlanDialogProps): JSX.Element {
  const { title, children, ask, confirm, mayChangeNothing = false, onClose } = props;
  const session = useSession();
  const dialog = useRef<HTMLDialogElement>(null);
  const [planned, setPlanned] = useState<Planned>();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<BerthError>();
  useEffect(() => dialog.current?.showModal(), []);

  const look = useCallback(
    async (signal: AbortSignal): Promise<void> => {
      setFailure(undefined);
      try {
        const { plan } = await ask(true, signal);
        if (!signal.aborted) setPlanned({ ask, plan });
      } catch (thrown) {
        if (!signal.aborted) setPlanned({ ask, refusal: toBerthError(thrown) });
      }
    },
    [ask],
  );
  useRequest(look);
  const shown = planned?.ask === ask ? planned : undefined;
  const plan = shown && "plan" in shown ? shown.plan : undefined;
  const error = failure ?? (shown && "refusal" in shown ? shown.refusal : undefined);
  const isReady = plan !== undefined && (plan.operations.length > 0 || mayChangeNothing);

  const begin = async (): Promise<void> => {
    if (plan === undefined) return;
    setBusy(true);
    setFailure(undefined);
    try {
      // The fleet may have changed since: nothing is begun that was not shown.
      const { plan: now } = await ask(true);
      if (operationsOf(now) !== operationsOf(plan)) {
        setPlanned({ ask, plan: now, note: "The plan has changed since. This is what would be done now." });
        setBusy(false);
        return;
      }
      const { run } = await ask(false);
      if (run === null) session.changes.set(session.changes.get() + 1);
      else await session.takeRun(Promise.resolve(run));
      dialog.current?.close();
    } catch (thrown) {
      setFailure(toBerthError(thrown));
      setBusy(false);
    }
  };
  return (
    <dialog
      ref={dialog}
      class="dialog plan-dialog"
      aria-labelledby="plan-title"
      // What was begun cannot be left any more.
      onCancel={(event) => busy && event.preventDefault()}
      onClose={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void begin();
        }}
      >
        <h2 id="plan-title">{title}</h2>
        {children}
        <div aria-live="polite" aria-busy={shown === undefined}>
          {error && <ErrorNotice error={error} what={title} />}
          {shown === undefined && !error && <p class="muted">Planning …</p>}
          {shown?.note !== undefined && <p class="notice notice-warning">{shown.note}</p>}
          {plan && <PlanList plan={plan} nothing={mayChangeNothing ? "Nothing on a node changes." : nothingToDo} />}
        </div>
        <div class="actions">
          <button type="button" disabled={busy} onClick={() => dialog.current?.close()}>
            Leave it
          </button>
          <button type="submit" class="danger" disabled={busy || !isReady}>
            {typeof confirm === "string" ? confirm : confirm(plan)}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** What is done to what: the same text for plans that do the same. */
function operationsOf({ operations }: Plan): string {
  return operations.map(({ id, change, reason }) => `${id} ${change} ${reason}`).join("\n");
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
