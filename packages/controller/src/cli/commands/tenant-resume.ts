import { resumeTenant } from "@berth/shared/api/tenants";
import { defineCommand } from "../define-command.ts";
import { changeFailure, changeLines, followChange, planDeadlineSeconds } from "../tenants/carry-out.ts";

export default defineCommand({
  details: "Brings its instances and routes back, and looks at them from outside.",
  arguments: { name: { description: "Name of the tenant", completes: "tenant" } },
  options: {
    plan: { kind: "flag", description: "Show what would change, and change nothing" },
    detach: { kind: "flag", short: "d", description: "Start the run and leave it to itself" },
  },
  examples: [{ command: "berth tenant resume user3", does: "bring user3 back" }],
  async run({ input, ...context }) {
    const client = await context.client();
    const changed = await client.call(resumeTenant, {
      params: { name: input.name },
      body: { dryRun: input.plan },
      deadlineSeconds: planDeadlineSeconds,
    });
    return followChange(context, changed, input);
  },
  render: changeLines,
  failure: changeFailure,
});
