import { errorBodySchema } from "@berth/shared/api/errors";
import { logContainersSchema, logEventSchema, logsPath } from "@berth/shared/api/instances";
import { BerthError } from "@berth/shared/errors";
import { requestPath } from "../client/client.ts";
import { fromBody } from "../errors.ts";
import { defineCommand } from "../define-command.ts";
import { containerPrefix } from "../render/container-prefix.ts";
import { writeLines } from "../terminal.ts";

export default defineCommand({
  details:
    "Of all its containers in the order of time, each line with its container's name where there are several. " +
    'With --json one object per line: {"channel", "container", "text"}.',
  arguments: { instance: { description: "Name of the instance", completes: "instance" } },
  options: {
    follow: { kind: "flag", short: "f", description: "Go on with new lines until Ctrl-C" },
    tail: {
      kind: "integer",
      short: "n",
      value: "LINES",
      minimum: 0,
      maximum: 100_000,
      default: 100,
      description: "How many of the last lines, of all containers together",
    },
    timestamps: { kind: "flag", short: "t", description: "With the time of each line" },
    container: { kind: "text", value: "NAME", description: "Of one of its containers alone" },
  },
  examples: [
    { command: "berth logs user1-n8n", does: "the last 100 lines" },
    { command: "berth logs shared-postgres --follow --tail 20 --timestamps", does: "the last 20, then as they come" },
    { command: "berth logs shared-supabase --container shared-supabase-db", does: "of one container" },
  ],
  async run({ client, input, terminal, json, style }) {
    const { follow, tail, timestamps, container } = input;
    const query = { follow, tail, timestamps, ...(container === undefined ? {} : { container }) };
    const path = requestPath(logsPath, { name: input.instance }, query);
    const stream = (await client()).events(path, new AbortController().signal);
    let prefixOf = containerPrefix([], style);
    for await (const { event, data } of stream) {
      if (event === "end") return;
      if (event === "error") throw fromBody(errorBodySchema.parse(data).error);
      if (event === "containers") prefixOf = containerPrefix(logContainersSchema.parse(data).names, style);
      if (event !== "line") continue;
      const line = logEventSchema.parse(data);
      writeLines(terminal.stdout, [json ? JSON.stringify(line) : prefixOf(line.container) + line.text]);
    }
    throw new BerthError("controller.unreachable", `The log of ${input.instance} ended before it was complete.`, {
      hint: "The connection to the controller or to the node was lost; `berth status` tells more.",
    });
  },
  render: () => [],
});
