import { rotateSecrets } from "@berth/shared/api/secrets";
import { defineCommand } from "../define-command.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details:
    "One run changes the store, then the instance, and ends the old value only when the instance is healthy with the new " +
    "one. When it does not become healthy, what ran before runs on with the secrets it had. Of an instance, all that can " +
    "change is rotated; what stays is told, with the reason.\n\n" +
    'With --json: {"operations": […], "warnings": […], "run": {…}}; with --plan, run is null.',
  arguments: { target: { description: "A secret, or an instance", completes: "secret" } },
  options: {
    plan: { kind: "flag", description: "Show what would be done, and change nothing" },
    detach: detachOption,
  },
  examples: [
    { command: "berth secret rotate user1-n8n --plan", does: "what can be rotated, and how" },
    { command: "berth secret rotate user1-n8n/database", does: "a new login for its database" },
    { command: "berth secret rotate shared-postgres", does: "the superuser's password; nothing restarts" },
  ],
  async run({ input, ...context }) {
    const changed = await (
      await context.client()
    ).call(rotateSecrets, {
      body: { target: input.target, dryRun: input.plan },
      deadlineSeconds: planDeadlineSeconds,
    });
    return followChange(context, changed, input);
  },
  render: changeLines,
  failure: changeFailure,
});
