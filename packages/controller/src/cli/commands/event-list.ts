import { eventKinds, listEvents, type Event } from "@berth/shared/api/events";
import { defineCommand } from "../define-command.ts";
import { parseAgo } from "../ago.ts";
import { requireKnownNames } from "../known-names.ts";
import { table } from "../render/table.ts";
import { formatMoment } from "../render/time.ts";

export default defineCommand({
  details:
    "States of instances, drift and whether it was mended, containers that ran out of memory, agents that came and went, " +
    "backups and drills that failed. The last 50 000 are kept.\n\n" +
    'With --json: {"events": [{"id", "at", "recordedAt", "kind", "node", "instance", "message"}]}, newest first.',
  options: {
    node: { kind: "text", value: "NODE", description: "Only of this node and its instances", completes: "node" },
    instance: { kind: "text", value: "INSTANCE", description: "Only of this instance", completes: "instance" },
    kind: { kind: "choice", value: "KIND", choices: eventKinds, description: "Only of this kind" },
    since: { kind: "text", value: "TIME", description: "Only of the last 30m, 24h, 7d, 4w" },
    limit: { kind: "integer", value: "N", minimum: 1, maximum: 1000, default: 100, description: "How many, at most" },
  },
  examples: [
    { command: "berth event list --since 24h", does: "what happened since yesterday" },
    { command: "berth event list --instance user1-n8n --kind outOfMemory", does: "how often it ran out of memory" },
  ],
  async run({ client, input: { node, instance, kind, since, limit } }) {
    const start = since === undefined ? undefined : new Date(Date.now() - parseAgo(since, "--since")).toISOString();
    const controller = await client();
    const answer = await controller.call(listEvents, { query: { node, instance, kind, since: start, limit } });
    // Of what is gone from the fleet, there is what happened to it.
    if (answer.events.length === 0) await requireKnownNames(controller, { node, instance });
    return answer;
  },
  render({ events }, { style, now }) {
    if (events.length === 0) return ["Nothing of that kind has happened."];
    return table<Event>(
      events.toReversed(),
      [
        { title: "AT", value: ({ at }) => formatMoment(Date.parse(at), now) },
        { title: "KIND", value: ({ kind }) => kind },
        { title: "NODE", value: ({ node }) => node },
        { title: "WHAT", value: ({ message }) => message },
      ],
      style,
    );
  },
});
