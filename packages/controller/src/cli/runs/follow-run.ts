/** What `apply`, `run resume`, `run show --follow` and `node add` do once a run is under way. */
import type { Run } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import type { CommandContext } from "../define-command.ts";
import { count } from "../render/text.ts";
import { createRunView } from "./run-view.ts";
import { watchRun } from "./watch-run.ts";

/** The shell's exit code for a command that Ctrl-C ended. */
const interrupted = 130;

/** Shows a run until it ends. Ctrl-C detaches: the run goes on, and the last known state is returned. */
export async function followRun(context: CommandContext, run: Run): Promise<Run> {
  const client = await context.client();
  const detach = new AbortController();
  const release = context.terminal.onInterrupt(() => detach.abort());
  const view = await createRunView(context);
  let last = run;
  const onRun = (seen: Run): void => {
    last = seen;
    view.show(seen);
  };
  try {
    onRun(run);
    if (run.state !== "running") return run;
    return await watchRun(client, run.id, { onRun }, detach.signal);
  } catch (error) {
    if (!detach.signal.aborted) throw error;
    view.end();
    context.note(...detachedLines(run.id));
    context.endWith(interrupted);
    return last;
  } finally {
    view.end();
    release();
  }
}

/** How to come back to a run that goes on by itself. */
export function detachedLines(id: number): string[] {
  return [`Run ${id} goes on. Watch it: berth run show ${id} --follow. Stop it: berth run cancel ${id}.`];
}

/** The error that a command ends with when its run did not succeed; undefined while it goes on. */
export function runFailure(run: Run): BerthError | undefined {
  if (run.state === "running" || run.state === "succeeded") return undefined;
  if (run.state === "cancelled") {
    return new BerthError("cancelled", `Run ${run.id} was cancelled.`, {
      hint:
        run.restartWith === undefined
          ? `\`berth run resume ${run.id}\` carries on with it.`
          : beginsAnew(run.restartWith),
    });
  }
  const failed = run.steps.filter((step) => step.state === "failed");
  const nodes = new Set(failed.flatMap((step) => step.node ?? []));
  const where = nodes.size === 0 ? "" : ` on ${[...nodes].join(", ")}`;
  const next =
    run.restartWith === undefined
      ? `\`berth run resume ${run.id}\` tries again what failed.`
      : beginsAnew(run.restartWith);
  return new BerthError("run.failed", `${count(failed.length, "step")} of run ${run.id} failed${where}.`, {
    hint: `\`berth run logs ${run.id}\` shows what happened, ${next}`,
  });
}

/** What a run that cannot be resumed has made is taken back already. */
function beginsAnew(command: string): string {
  return `\`${command}\` begins anew.`;
}
