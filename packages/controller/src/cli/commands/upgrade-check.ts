import { checkUpgrades } from "@berth/shared/api/upgrades";
import { defineCommand } from "../define-command.ts";
import { checkLines } from "../render/upgrade.ts";

/** Registries are asked, one after the other some of them. */
const deadlineSeconds = 60;

export default defineCommand({
  details:
    "Asks the registries for tags that are written as the present one is: with its prefix, parts and ending, and no release " +
    "candidates. Asks them, too, what the tag of each running image leads to now: REBUILT is its digest where that is " +
    "another image than the node has, and a note says how to move to it. Ends with 0 whether or not anything is " +
    "behind.\n\n" +
    'With --json: {"services": [{"service", "image", "checkedAt", "problem"}], "instances": [{"instance", "service", ' +
    '"version", "patch", "minor", "major", "rebuilt", "held", "notes"}]}.',
  arguments: { service: { description: "Only this service", optional: true, completes: "service" } },
  examples: [
    { command: "berth upgrade check", does: "every instance, with the newest patch, minor and major version" },
    { command: "berth upgrade check n8n", does: "those of n8n" },
  ],
  run: async ({ client, input: { service } }) =>
    (await client()).call(checkUpgrades, { query: service === undefined ? {} : { service }, deadlineSeconds }),
  render: checkLines,
});
