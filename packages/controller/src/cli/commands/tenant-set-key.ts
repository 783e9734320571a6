import { setTenantKey, tenantKeySchema } from "@berth/shared/api/tenants";
import { defineCommand } from "../define-command.ts";
import { readKey } from "../prompt.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details:
    "The key is asked for, or read from a file; never from an argument, which shows in process lists. " +
    "The tenant's instances that use it are replaced.",
  arguments: { tenant: { description: "Name of the tenant", completes: "tenant" } },
  options: {
    key: {
      kind: "choice",
      value: "KEY",
      choices: tenantKeySchema.options,
      default: "openrouter",
      description: "Which key",
    },
    file: { kind: "text", value: "FILE", description: "File with the key, - for stdin", completes: "file" },
    detach: detachOption,
  },
  examples: [
    { command: "berth tenant set-key user1", does: "ask for user1's OpenRouter key" },
    { command: "berth tenant set-key user1 --file key.txt", does: "read it from a file" },
  ],
  async run({ input, ...context }) {
    const value = await readKey(context.terminal, input.file, `OpenRouter key of ${input.tenant}: `);
    const client = await context.client();
    const changed = await client.call(setTenantKey, {
      params: { name: input.tenant, key: tenantKeySchema.parse(input.key) },
      body: { value },
      deadlineSeconds: planDeadlineSeconds,
    });
    return followChange(context, changed, input);
  },
  render: changeLines,
  failure: changeFailure,
});
