import { startInstances } from "@berth/shared/api/instances";
import { defineCommand } from "../define-command.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details:
    "Makes them again of what the fleet file says, with the data they had, waits until they are healthy, and publishes " +
    "their routes. What needs a shared service that is stopped is refused, unless that is started with it. " +
    "Of instances that run there is nothing to do. What rests with its tenant comes back by `berth tenant resume`.\n\n" +
    'With --json: {"operations": […], "warnings": […], "run": {…}}; with --plan, run is null.',
  arguments: { name: { description: "Instance that was stopped", variadic: true, completes: "suspended" } },
  options: {
    plan: { kind: "flag", description: "Show what would change, and change nothing" },
    detach: detachOption,
  },
  examples: [
    { command: "berth start user1-n8n", does: "bring one back" },
    { command: "berth start user1-n8n --plan", does: "show what would be done" },
  ],
  async run({ input, ...context }) {
    const client = await context.client();
    const body = { of: input.name, dryRun: input.plan };
    return followChange(
      context,
      await client.call(startInstances, { body, deadlineSeconds: planDeadlineSeconds }),
      input,
    );
  },
  render: changeLines,
  failure: changeFailure,
});
