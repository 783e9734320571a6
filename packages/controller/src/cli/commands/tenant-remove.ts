import { removeTenant } from "@berth/shared/api/tenants";
import type { Plan } from "@berth/shared/operations/plan";
import { confirmName } from "../confirm-name.ts";
import { defineCommand } from "../define-command.ts";
import { removals } from "../render/plan.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details:
    "Removes the tenant's LXC with all that is in it, its databases, collections, buckets, keys and routes, and nothing " +
    "else. On a host that Berth did not make, its instances and their volumes go, and the host stays. " +
    "Interrupted anywhere, or failed because something was away, the same command carries on. Of a tenant that was removed " +
    "with --keep-data, it removes what was kept. " +
    "Where the fleet has backups, a final one is made first, and nothing is removed unless it succeeds: `berth tenant add` " +
    "and `berth restore` bring the tenant back from it. `berth tenant suspend` keeps everything where it is.",
  arguments: { name: { description: "Name of the tenant", completes: "tenant" } },
  options: {
    keepData: {
      kind: "flag",
      description:
        "Keep its node, volumes, databases, collections, buckets and keys; adding it again finds them, removing it again removes them",
    },
    noBackup: { kind: "flag", description: "Without the final backup: what is removed is gone" },
    plan: { kind: "flag", description: "Show what would be removed, and remove nothing" },
    yes: { kind: "flag", short: "y", description: "Without asking for the name; needed where there is no terminal" },
    detach: detachOption,
  },
  examples: [
    { command: "berth tenant remove user4", does: "show what goes, and ask for the name" },
    { command: "berth tenant remove user4 --plan", does: "show what would go" },
    { command: "berth tenant remove user4 --yes", does: "from a script" },
  ],
  async run({ input, ...context }) {
    const client = await context.client();
    const request = (dryRun: boolean) =>
      client.call(removeTenant, {
        params: { name: input.name },
        body: { keepData: input.keepData, backup: !input.noBackup, dryRun },
        deadlineSeconds: planDeadlineSeconds,
      });
    if (input.plan) return followChange(context, await request(true), input);
    const asks = !input.yes;
    if (asks) {
      const { plan } = await request(true);
      await confirmName(context, {
        name: input.name,
        plan,
        does: `removes ${removals(plan).join(", ")}`,
        verb: "remove",
        fate: fateOf(plan, input.keepData),
        question: "Type the name of the tenant to remove it: ",
      });
    }
    return followChange(context, await request(false), { detach: input.detach, planShown: asks });
  },
  render: changeLines,
  failure: changeFailure,
});

const gone = "No backup is made: what is removed is gone.";
const backedUp = "What it holds is backed up first; `berth tenant add` and `berth restore` bring it back.";
const kept = "What it holds is kept: adding it again finds it.";

function fateOf(plan: Plan, keepData: boolean): string {
  if (keepData) return kept;
  return plan.operations.some(({ kind }) => kind === "backup.create") ? backedUp : gone;
}
