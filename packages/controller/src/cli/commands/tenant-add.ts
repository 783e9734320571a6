import { addTenants, type NewTenant, newTenantSchema } from "@berth/shared/api/tenants";
import { defineCommand, type CommandContext } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { readKey } from "../prompt.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details:
    "Makes the tenant's LXC as those of the other tenants are made, installs its agent, makes its databases, collections, " +
    "buckets and keys, starts its instances, publishes their routes, and looks at all of it from outside: each service " +
    "answers by its route, and none of the tenant's keys opens anything of others. " +
    "Interrupted anywhere, the same command carries on: it follows the run that goes on, does what is missing, or says that " +
    "nothing is. Several tenants are made side by side.",
  arguments: { names: { description: "Name of each tenant", variadic: true } },
  options: {
    nodeAddress: { kind: "text", value: "ADDRESS", description: "Of its LXC; the next free one when left out" },
    node: {
      kind: "text",
      value: "NODE",
      description: "A node of the fleet that exists, instead of an LXC that is made",
      completes: "node",
    },
    openrouterKeyFile: {
      kind: "text",
      value: "FILE",
      description: "File with its OpenRouter key, - for stdin; `berth tenant set-key` gives it later",
      completes: "file",
    },
    plan: { kind: "flag", description: "Show what would change, and change nothing" },
    detach: detachOption,
  },
  examples: [
    { command: "berth tenant add user4", does: "a tenant with an LXC at the next free address" },
    { command: "berth tenant add user4 --plan", does: "show what that would make, and make nothing" },
    {
      command: "berth tenant add user4 --node-address 10.0.6.14 --openrouter-key-file key.txt",
      does: "at this address, with a key of its own",
    },
    { command: "berth tenant add user5 user6 user7", does: "three at once" },
  ],
  async run({ input, ...context }) {
    const tenants = newTenants(input);
    const keys = await readKeys(context, input.openrouterKeyFile);
    const client = await context.client();
    const body = { tenants, keys, dryRun: input.plan };
    const changed = await client.call(addTenants, { body, deadlineSeconds: planDeadlineSeconds });
    return followChange(context, changed, input);
  },
  render: changeLines,
  failure: changeFailure,
});

function newTenants(input: {
  names: string[];
  nodeAddress: string | undefined;
  node: string | undefined;
}): NewTenant[] {
  const { names, nodeAddress: address, node } = input;
  if (names.length > 1 && (address !== undefined || node !== undefined)) {
    throw usageError("One address or node is not for several tenants.", "Add them one by one, or leave it out.");
  }
  if (address !== undefined && node !== undefined) {
    throw usageError("--node names a node that exists: it has its address.", "Give --node or --node-address.");
  }
  return names.map((name) =>
    checked({
      name,
      ...(address === undefined ? {} : { address }),
      ...(node === undefined ? {} : { node }),
    }),
  );
}

/** Told in the words of the command, not in those of the request. */
function checked(tenant: NewTenant): NewTenant {
  const { error } = newTenantSchema.safeParse(tenant);
  const [issue] = error?.issues ?? [];
  if (issue === undefined) return tenant;
  switch (issue.path[0]) {
    case "address":
      throw usageError(`--node-address '${tenant.address}' is no IPv4 address.`, "Give one such as 10.0.6.14.");
    case "node":
      throw usageError(`--node '${tenant.node}' is no node's name: it ${issue.message}.`);
    default:
      throw usageError(`A tenant cannot be named '${tenant.name}': a name ${issue.message}.`);
  }
}

async function readKeys(context: CommandContext, file: string | undefined): Promise<{ openrouter?: string }> {
  return file === undefined ? {} : { openrouter: await readKey(context.terminal, file, "") };
}
