import { restoreBackup } from "@berth/shared/api/backups";
import { getStatus } from "@berth/shared/api/status";
import { newTenantSchema, type NewTenant } from "@berth/shared/api/tenants";
import type { Plan } from "@berth/shared/operations/plan";
import { allOption } from "../backup-subject.ts";
import { confirmName, type NameConfirmation } from "../confirm-name.ts";
import { type CommandContext, defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

interface Input {
  name: string | undefined;
  all: boolean;
  as: string | undefined;
  nodeAddress: string | undefined;
  node: string | undefined;
  backup: string | undefined;
  noBackupFirst: boolean;
}

export default defineCommand({
  details:
    "What is there is backed up first, and replaced then: the newest complete backup's, or that of the time or id. Each " +
    "instance is stopped while its data are replaced. A part that fails leaves what was there, and the run tells which. " +
    "A tenant that was removed is added again first; its data come back with the keys that they are encrypted with.\n\n" +
    "--all is every tenant and shared service that has a backup; one that has none is told and left. What is missing of " +
    "the fleet, such as a node that was lost, is made by `berth apply` first.\n\n" +
    "--as takes a new tenant in, as `berth tenant add` does, and fills it with what a backup of another one holds before " +
    "anything of it starts. Nothing is replaced, and nothing is asked.",
  arguments: { name: { description: "Tenant, or one instance", optional: true, completes: "tenant" } },
  options: {
    all: allOption,
    at: { kind: "text", value: "TIME", description: "The newest backup of this time or before: 2026-11-24T02:00Z" },
    backup: { kind: "text", value: "ID", description: "This very backup" },
    as: { kind: "text", value: "NEWTENANT", description: "Beside: into a new tenant of this name" },
    nodeAddress: {
      kind: "text",
      value: "ADDRESS",
      description: "Of the new tenant's LXC; the next free one when left out",
    },
    node: {
      kind: "text",
      value: "NODE",
      description: "A node of the fleet that exists, instead of an LXC that is made for the new tenant",
      completes: "node",
    },
    noBackupFirst: { kind: "flag", description: "What is there is not worth a backup" },
    plan: { kind: "flag", description: "Show what would be replaced, and replace nothing" },
    yes: { kind: "flag", short: "y", description: "Without asking for the name; needed where there is no terminal" },
    detach: detachOption,
  },
  examples: [
    { command: "berth restore user1-n8n", does: "show what its last backup replaces, and ask for the name" },
    { command: "berth restore user1 --at 2026-11-20T12:00Z --plan", does: "what a tenant would go back to" },
    { command: "berth restore user1 --backup user1-20261124-020000-3f2a --yes", does: "from a script" },
    { command: "berth restore --all --at 2026-11-20T12:00Z", does: "everything, as of that time" },
    { command: "berth restore user1 --as user9", does: "a new tenant user9 with what user1 had" },
  ],
  async run({ input, ...context }) {
    const as = checkChoice(input);
    const at = input.at === undefined ? undefined : readTime(input.at, context.terminal.now());
    const client = await context.client();
    const request = (dryRun: boolean) =>
      client.call(restoreBackup, {
        body: {
          of: input.name ?? null,
          ...(as === undefined ? {} : { as }),
          ...(input.backup === undefined ? {} : { backup: input.backup }),
          ...(at === undefined ? {} : { at }),
          backupFirst: !input.noBackupFirst,
          dryRun,
        },
        deadlineSeconds: planDeadlineSeconds,
      });
    if (input.plan) return followChange(context, await request(true), input);
    const asks = !input.yes && as === undefined;
    if (asks) {
      const { plan } = await request(true);
      await confirmName(context, confirmation(input, plan, await nameOf(input, context)));
    }
    return followChange(context, await request(false), { detach: input.detach, planShown: asks });
  },
  render: changeLines,
  failure: changeFailure,
});

/** The new tenant, if there is to be one. */
function checkChoice({
  name,
  all,
  as,
  nodeAddress: address,
  node,
  backup,
  noBackupFirst,
}: Input): NewTenant | undefined {
  if (all === (name !== undefined))
    throw usageError("Either a tenant or an instance is restored, or everything.", "Name one, or give --all.");
  if (all && backup !== undefined)
    throw usageError("One backup is not of everything.", "Give --at instead, or a name.");
  if (as === undefined) {
    if (address !== undefined || node !== undefined)
      throw usageError("--node and --node-address are for a new tenant.", "Give --as with its name.");
    return undefined;
  }
  if (all) throw usageError("One tenant is restored beside, and not everything.", "Name the tenant instead of --all.");
  if (address !== undefined && node !== undefined)
    throw usageError("--node names a node that exists: it has its address.", "Give --node or --node-address.");
  if (noBackupFirst)
    throw usageError("A new tenant has nothing yet that would be backed up.", "Leave --no-backup-first out.");
  const tenant = { name: as, ...(address === undefined ? {} : { address }), ...(node === undefined ? {} : { node }) };
  const [issue] = newTenantSchema.safeParse(tenant).error?.issues ?? [];
  if (issue === undefined) return tenant;
  if (issue.path[0] === "address")
    throw usageError(`--node-address '${address}' is no IPv4 address.`, "Give one such as 10.0.6.14.");
  if (issue.path[0] === "node") throw usageError(`--node '${node}' is no node's name: it ${issue.message}.`);
  throw usageError(`A tenant cannot be named '${as}': a name ${issue.message}.`);
}

/** Of everything it is the fleet's. */
async function nameOf({ name }: Input, context: CommandContext): Promise<string> {
  if (name !== undefined) return name;
  return (await (await context.client()).call(getStatus, {})).fleet ?? "";
}

function confirmation({ name, noBackupFirst }: Input, plan: Plan, typed: string): NameConfirmation {
  return {
    name: typed,
    plan,
    does: name === undefined ? "replaces what the whole fleet has" : `replaces what ${name} has`,
    verb: "restore",
    fate: noBackupFirst ? "What is there now is gone then." : "What is there now is backed up first.",
    question:
      name === undefined
        ? `Type the fleet's name, ${typed}, to replace what all of it has: `
        : `Type ${name} to replace what it has: `,
  };
}

/** ISO 8601 in UTC. A time without a zone is the terminal's. */
function readTime(text: string, now: number): string {
  const time = Date.parse(text);
  if (Number.isNaN(time) || !/^\d{4}-/.test(text))
    throw usageError(`'${text}' is not a time.`, `Write it as ${new Date(now).toISOString().slice(0, 16)}Z.`);
  return new Date(time).toISOString();
}
