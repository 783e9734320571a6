import { createSilence } from "@berth/shared/api/alerts";
import { durationSchema } from "@berth/shared/fleet/duration";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { silenceLines } from "../render/alert.ts";

export default defineCommand({
  details:
    "Of what is silenced nobody is told until the time is over; it is listed all the same. Given several, an alert has to " +
    'fit all of them. What nobody ever wants to hear of is switched off in the fleet file.\n\nWith --json: {"id", ' +
    '"matchers", "comment", "account", "createdAt", "endsAt"}.',
  options: {
    rule: { kind: "text", value: "RULE", description: "Alerts of this rule: container-memory" },
    node: { kind: "text", value: "NODE", completes: "node", description: "Of this node and what runs on it" },
    tenant: { kind: "text", value: "TENANT", completes: "tenant", description: "Of this tenant; shared: of nobody's" },
    instance: { kind: "text", value: "INSTANCE", completes: "instance", description: "Of this instance" },
    for: { kind: "text", value: "TIME", default: "2h", description: "For how long: 30m, 2h, 7d" },
    comment: { kind: "text", value: "TEXT", default: "", description: "Why, for those who look" },
  },
  examples: [
    { command: 'berth alert silence --node user1 --for 2h --comment "new disk"', does: "while somebody works on it" },
    { command: "berth alert silence --rule drift --tenant user2 --for 7d", does: "one rule, of one tenant" },
  ],
  async run({ client, input: { rule, node, tenant, instance, for: time, comment } }) {
    const seconds = durationSchema.safeParse(time);
    if (!seconds.success || seconds.data < 1) {
      throw usageError(`'${time}' is no time.`, "Seconds, minutes, hours or days: --for 30m, --for 2h, --for 7d.");
    }
    const given = Object.entries({ rule, node, tenant, instance }).filter(([, value]) => value !== undefined);
    if (given.length === 0) throw usageError("Name what is to be silent: --rule, --node, --tenant or --instance.");
    const body = { matchers: Object.fromEntries(given), seconds: seconds.data, comment };
    return (await client()).call(createSilence, { body });
  },
  render: (silence, options) => silenceLines([silence], options),
});
