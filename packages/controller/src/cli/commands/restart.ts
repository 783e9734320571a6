import { restartInstances } from "@berth/shared/api/instances";
import { defineCommand } from "../define-command.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details:
    "The same containers are stopped and started again, and waited for until they are healthy; nothing else is changed. " +
    "What depends on a shared instance is without it meanwhile. Of a tenant, all its instances at once.\n\n" +
    'With --json: {"operations": […], "warnings": […], "run": {…}}; with --plan, run is null.',
  arguments: {
    name: { description: "Instance, or a tenant for all that it has", variadic: true, completes: "instance" },
  },
  options: {
    plan: { kind: "flag", description: "Show what would be restarted, and restart nothing" },
    detach: detachOption,
  },
  examples: [
    { command: "berth restart user1-n8n", does: "one instance" },
    { command: "berth restart user1 user2-openwebui", does: "all of a tenant's, and one of another's" },
  ],
  async run({ input, ...context }) {
    const client = await context.client();
    const body = { of: input.name, dryRun: input.plan };
    return followChange(
      context,
      await client.call(restartInstances, { body, deadlineSeconds: planDeadlineSeconds }),
      input,
    );
  },
  render: changeLines,
  failure: changeFailure,
});
