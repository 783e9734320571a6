import { postApply, postPlan } from "@berth/shared/api/fleet";
import type { Plan } from "@berth/shared/operations/plan";
import { BerthError } from "@berth/shared/errors";
import { defineCommand, type CommandContext } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { readFleetFiles, refuseProblems, withFleetFiles } from "../fleet-file.ts";
import { confirm } from "../prompt.ts";
import { planLines, removals } from "../render/plan.ts";
import { count } from "../render/text.ts";
import {
  type Changed,
  changeFailure,
  changeLines,
  detachOption,
  followChange,
  planDeadlineSeconds,
} from "../runs/carry-out.ts";
import { isInteractive } from "../terminal.ts";

interface FleetFile {
  yaml: string;
  file: string;
  prune: boolean;
  acceptDowngrade?: true;
}

export default defineCommand({
  details:
    "Shows the plan, then carries it out and shows how it goes. What the file does not mention stays, unless --prune is given. " +
    "Own services, in services/*.yaml beside the file, are part of it. " +
    "Ends with 0 only when the run succeeded. Ctrl-C detaches: the run goes on by itself.\n\n" +
    'With --json: {"operations": […], "warnings": […], "run": {…}}; operations is empty and run null when nothing is to be done, and with --plan there is no run.',
  arguments: { file: { description: "Fleet file, - for stdin", completes: "file" } },
  options: {
    plan: { kind: "flag", description: "Show what would change, and change nothing" },
    prune: { kind: "flag", description: "Remove what the file does not mention" },
    acceptDowngrade: {
      kind: "flag",
      description: "Go to older versions of services, which may not read what newer ones have written",
    },
    yes: {
      kind: "flag",
      short: "y",
      description: "Remove without asking; needed where there is no terminal to ask on",
    },
    detach: detachOption,
  },
  examples: [
    { command: "berth apply fleet.yaml --plan", does: "show what would change" },
    { command: "berth apply fleet.yaml", does: "make it so" },
    { command: "berth apply fleet.yaml --prune --yes --json", does: "from a script, removals included" },
  ],
  async run({ input, ...context }): Promise<Plan | Changed> {
    const files = await readFleetFiles(input.file, context.terminal);
    refuseProblems(files);
    const accepted = input.acceptDowngrade ? ({ acceptDowngrade: true } as const) : {};
    const file: FleetFile = { yaml: files.text, file: files.file, prune: input.prune, ...accepted };
    return withFleetFiles(files, async () => {
      if (input.plan) return askPlan(context, file);
      const asks = !input.yes && isInteractive(context.terminal);
      if (asks) await confirmPlan(context, file);
      else if (!input.yes && input.prune) await refuseRemovals(context, file);
      return carryOut(context, file, { detach: input.detach, planShown: asks });
    });
  },
  render: (result, options) => ("run" in result ? changeLines(result, options) : planLines(result, options.style)),
  failure: (result) => ("run" in result ? changeFailure(result) : undefined),
});

async function askPlan(context: CommandContext, file: FleetFile): Promise<Plan> {
  return (await context.client()).call(postPlan, { body: file, deadlineSeconds: planDeadlineSeconds });
}

/** Shows the plan, and asks when it takes something away. */
async function confirmPlan(context: CommandContext, file: FleetFile): Promise<void> {
  const plan = await askPlan(context, file);
  if (plan.operations.length > 0) context.note(...planLines(plan, context.messageStyle), "");
  const removed = removals(plan);
  if (removed.length === 0) return;
  context.note(`This removes ${removed.join(", ")}.`);
  if (await confirm(context.terminal, `Remove ${count(removed.length, "thing")} and carry out the plan?`)) return;
  throw new BerthError("cancelled", "Nothing was changed.");
}

/** Where nobody can be asked, removing takes --yes. Only --prune makes a plan remove something. */
async function refuseRemovals(context: CommandContext, file: FleetFile): Promise<void> {
  const removed = removals(await askPlan(context, file));
  if (removed.length === 0) return;
  throw usageError(
    `This removes ${removed.join(", ")}, and there is no terminal to ask on: nothing was changed.`,
    "Give --yes to remove without being asked.",
  );
}

async function carryOut(
  context: CommandContext,
  file: FleetFile,
  options: { detach: boolean; planShown: boolean },
): Promise<Changed> {
  const client = await context.client();
  const applied = await client.call(postApply, { body: file, deadlineSeconds: planDeadlineSeconds });
  return followChange(context, applied, options);
}
