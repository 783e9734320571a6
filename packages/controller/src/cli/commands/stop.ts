import { stopInstances } from "@berth/shared/api/instances";
import type { Plan } from "@berth/shared/operations/plan";
import { BerthError } from "@berth/shared/errors";
import { type CommandContext, defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { confirm } from "../prompt.ts";
import { planLines, removals } from "../render/plan.ts";
import { count } from "../render/text.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";
import { isInteractive } from "../terminal.ts";

export default defineCommand({
  details:
    "Their containers are taken down, their routes withdrawn, and their logins shut out of PostgreSQL; volumes, " +
    "databases, collections, buckets and keys are kept. The fleet file then says `suspended: true` of them, and they stay " +
    "down when a file is applied that says nothing of it. Of a shared service, its replicas go with it. One that " +
    "something needs which runs is refused; what is merely connected to it is told, and goes on without. " +
    "Of instances that are stopped there is nothing to do. Backups, upgrades and rotation pass by what is stopped, and no " +
    "alert is about it. `berth start` brings it back.\n\n" +
    'With --json: {"operations": […], "warnings": […], "run": {…}}; with --plan, run is null.',
  arguments: { name: { description: "Instance", variadic: true, completes: "instance" } },
  options: {
    plan: { kind: "flag", description: "Show what would be taken down, and change nothing" },
    yes: { kind: "flag", short: "y", description: "Without asking; needed where there is no terminal to ask on" },
    detach: detachOption,
  },
  examples: [
    { command: "berth stop user1-n8n", does: "show what goes, ask, and take one instance off the air" },
    { command: "berth stop shared-ollama --plan", does: "show what would go, and what would be without it" },
    { command: "berth stop user1-n8n user2-n8n --yes", does: "from a script" },
  ],
  async run({ input, ...context }) {
    const client = await context.client();
    const request = (dryRun: boolean) =>
      client.call(stopInstances, { body: { of: input.name, dryRun }, deadlineSeconds: planDeadlineSeconds });
    if (input.plan) return followChange(context, await request(true), input);
    const planShown = !input.yes && (await confirmStop(context, (await request(true)).plan));
    return followChange(context, await request(false), { detach: input.detach, planShown });
  },
  render: changeLines,
  failure: changeFailure,
});

/** Whether the plan was shown; nothing is asked where nothing is taken down. */
async function confirmStop(context: CommandContext, plan: Plan): Promise<boolean> {
  const removed = removals(plan);
  if (removed.length === 0) return false;
  if (!isInteractive(context.terminal)) {
    throw usageError(
      `This takes down ${removed.join(", ")}, and there is no terminal to ask on: nothing was changed.`,
      "Give --yes to stop without being asked.",
    );
  }
  context.note(...planLines(plan, context.messageStyle), "", "What they hold is kept.");
  if (await confirm(context.terminal, `Stop ${count(removed.length, "instance")}?`)) return true;
  throw new BerthError("cancelled", "Nothing was changed.");
}
