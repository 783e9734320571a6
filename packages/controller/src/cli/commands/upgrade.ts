import { startUpgrade } from "@berth/shared/api/upgrades";
import { batchSchema } from "@berth/shared/fleet/upgrades";
import { onFailureSchema } from "@berth/shared/operations/instance-upgrade";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details:
    "Before anything stops, the version is looked for in the registry, images are pulled, and what the instances hold is " +
    "backed up and verified. Then one instance moves, and the others in batches, each batch after all of the former one. A " +
    "service that cannot go back to an older version's data is copied while it is stopped; an instance on which the new " +
    "version fails goes back to what ran, with that copy. `berth run cancel` pauses after the instances under way, `berth " +
    "run resume` goes on. docs/upgrades.md tells the rest.\n\n" +
    'With --json: {"operations": […], "warnings": […], "run": {…}}; with --plan, run is null.',
  arguments: { service: { description: "Service whose instances move: n8n", completes: "service" } },
  options: {
    to: {
      kind: "text",
      value: "VERSION",
      description: "Version to move to, as the image's tag has it, or one image of it: 2.41.3@sha256:…",
      required: true,
    },
    only: { kind: "text", value: "NAMES", description: "Only these instances or tenants, with ',' between them" },
    canary: { kind: "text", value: "NAME", description: "Instance or tenant that goes first", completes: "instance" },
    batch: { kind: "text", value: "N|P%", description: "How many move at a time after that (default: 1)" },
    minHealthy: { kind: "text", value: "TIME", description: "How long it must stay healthy: 30s, 5m (default: 30s)" },
    maxFailures: {
      kind: "integer",
      value: "N",
      description: "How many may go back before the upgrade stops",
      minimum: 0,
      maximum: 1000,
      default: 0,
    },
    onFailure: {
      kind: "choice",
      value: "WHAT",
      choices: onFailureSchema.options,
      description: "When it stops, those that were moved stay so, or all go back to what they held before their turn",
      default: "stop",
    },
    noBackup: { kind: "flag", description: "Make no backup first" },
    acceptMajor: { kind: "flag", description: "What another major version demands is taken care of" },
    retry: { kind: "flag", description: "Try a version again that an instance went back from" },
    plan: { kind: "flag", description: "Show what would be done, and change nothing" },
    detach: detachOption,
  },
  examples: [
    { command: "berth upgrade n8n --to 2.41.3 --plan", does: "what it would do, and what is to be known before" },
    {
      command: "berth upgrade n8n --to 2.41.3 --canary user1 --batch 25%",
      does: "user1 first, then a quarter at a time",
    },
    { command: "berth upgrade n8n --to 2.41.3 --only user1,user2-n8n", does: "two of them" },
    { command: "berth upgrade n8n --to 2.41.3 --on-failure rollback-all", does: "all of them, or none" },
  ],
  async run({ input, ...context }) {
    const { service, to: version, only, canary, batch, minHealthy, maxFailures, onFailure, acceptMajor, retry } = input;
    const body = {
      service,
      version,
      only: only === undefined ? [] : only.split(",").map((name) => name.trim()),
      ...(canary === undefined ? {} : { canary }),
      ...(batch === undefined ? {} : { batch: parseBatch(batch) }),
      ...(minHealthy === undefined ? {} : { minHealthySeconds: parseSeconds(minHealthy) }),
      maxFailures,
      onFailure,
      backup: !input.noBackup,
      acceptMajor,
      retry,
      dryRun: input.plan,
    };
    const client = await context.client();
    return followChange(
      context,
      await client.call(startUpgrade, { body, deadlineSeconds: planDeadlineSeconds }),
      input,
    );
  },
  render(changed, options) {
    if (changed.run !== null || changed.operations.length > 0) return changeLines(changed, options);
    return ["Nothing to upgrade.", ...changed.warnings.map((warning) => `${warning}.`)];
  },
  failure: changeFailure,
});

function parseBatch(text: string) {
  const parsed = batchSchema.safeParse(/^\d+$/.test(text) ? Number(text) : text);
  if (parsed.success) return parsed.data;
  throw usageError(`'${text}' is no size of a batch.`, "A number of instances, or a share of them: --batch 25%.");
}

function parseSeconds(text: string): number {
  const [, number, unit] = /^(\d{1,4})(s|m)?$/.exec(text) ?? [];
  const seconds = Number(number) * (unit === "m" ? 60 : 1);
  if (number !== undefined && seconds <= 3600) return seconds;
  throw usageError(`'${text}' is no time of at most an hour.`, "Seconds or minutes: --min-healthy 30s.");
}
