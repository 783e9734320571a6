import type { resumeTenant, suspendTenant } from "@berth/shared/api/tenants";
import { type Command, defineCommand, type Example } from "../define-command.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "./carry-out.ts";

/** The command that holds a tenant back, or brings it back. */
export function tenantStateCommand(
  endpoint: typeof suspendTenant | typeof resumeTenant,
  { details, example }: { details: string; example: Example },
): Command {
  return defineCommand({
    details,
    arguments: { name: { description: "Name of the tenant", completes: "tenant" } },
    options: {
      plan: { kind: "flag", description: "Show what would change, and change nothing" },
      detach: detachOption,
    },
    examples: [example],
    async run({ input, ...context }) {
      const client = await context.client();
      const changed = await client.call(endpoint, {
        params: { name: input.name },
        body: { dryRun: input.plan },
        deadlineSeconds: planDeadlineSeconds,
      });
      return followChange(context, changed, input);
    },
    render: changeLines,
    failure: changeFailure,
  });
}
