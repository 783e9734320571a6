import { suspendTenant } from "@berth/shared/api/tenants";
import { defineCommand } from "../define-command.ts";
import { changeFailure, changeLines, followChange, planDeadlineSeconds } from "../tenants/carry-out.ts";

export default defineCommand({
  details:
    "Its instances are taken down and its routes withdrawn; volumes, databases, collections, buckets and keys are kept.",
  arguments: { name: { description: "Name of the tenant", completes: "tenant" } },
  options: {
    plan: { kind: "flag", description: "Show what would change, and change nothing" },
    detach: { kind: "flag", short: "d", description: "Start the run and leave it to itself" },
  },
  examples: [{ command: "berth tenant suspend user3", does: "take user3 off the air and keep what it has" }],
  async run({ input, ...context }) {
    const client = await context.client();
    const changed = await client.call(suspendTenant, {
      params: { name: input.name },
      body: { dryRun: input.plan },
      deadlineSeconds: planDeadlineSeconds,
    });
    return followChange(context, changed, input);
  },
  render: changeLines,
  failure: changeFailure,
});
