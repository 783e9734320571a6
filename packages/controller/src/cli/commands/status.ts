import { listRuns } from "@berth/shared/api/runs";
import { getStatus } from "@berth/shared/api/status";
import { unlessForbidden } from "../client/unless-forbidden.ts";
import { defineCommand } from "../define-command.ts";
import { runNote } from "../render/run-summary.ts";
import { isWhole, statusLines } from "../render/status.ts";

export default defineCommand({
  details:
    'With --json: {"fleet", "nodes": [{"name", "address", "state", …}], "instances": [{"name", "service", "node", "tenant", "state", …}], "suspended": [{"name", "service", "node", "tenant", "withTenant"}], ' +
    '"backups": [{"owner", "newest", "failed", "lateSince", "provenAt"}], "controllerBackup": {"newest", "failed", "lateSince", "recoveryKey"}, "upgrades": {"services", "instances": [{"instance", "version", "patch", "minor", "major", "rebuilt", "held", …}]}, "history": {"bytes", "maxBytes", "resolutions", "problem", "setAside"}}; tenant is null for shared instances, ' +
    "and backups and controllerBackup, the controller's own, are left out while the fleet file has none, suspended while nothing is.",
  examples: [
    { command: "berth status", does: "what runs where, and how it is" },
    {
      command: `berth status --json | jq -r '.instances[] | select(.state != "healthy") | .name'`,
      does: "names of the instances that are not healthy",
    },
    {
      command: `berth status --json | jq -r '.backups[] | select(.lateSince or .failed) | .owner'`,
      does: "whose backups are late, or failed",
    },
  ],
  async run({ client, json }) {
    const connected = await client();
    if (json) return { status: await connected.call(getStatus, {}), run: undefined };
    const [status, { runs }] = await Promise.all([
      connected.call(getStatus, {}),
      unlessForbidden(connected.call(listRuns, { query: { limit: 1 } }), { runs: [] }),
    ]);
    return { status, run: runs[0] };
  },
  present: ({ status }) => status,
  render: ({ status, run }, options) => [
    ...statusLines(status, options),
    ...(run === undefined ? [] : runNote(run, { now: options.now, isWhole: isWhole(status) })),
  ],
});
