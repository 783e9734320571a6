import { getRun, getRunLogs, type LogLine } from "@berth/shared/api/runs";
import type { Client } from "../client/client.ts";
import { defineCommand, type CommandContext } from "../define-command.ts";
import { printableLine } from "../render/printable.ts";
import { formatClock } from "../render/time.ts";
import { parseRunId } from "../run-id.ts";
import { watchRun } from "../runs/watch-run.ts";
import { writeLines } from "../terminal.ts";

interface LogQuery {
  id: number;
  step: string | undefined;
}

export default defineCommand({
  details: 'With --json: {"lines": [{"sequence", "at", "step", "line"}]}; with --follow one such object per line.',
  arguments: { id: { description: "Number of the run", completes: "run" } },
  options: {
    follow: { kind: "flag", short: "f", description: "Go on until the run ends" },
    step: { kind: "text", value: "STEP", description: "Only this step: instance.ensure/user1-n8n" },
  },
  examples: [
    { command: "berth run logs 12", does: "all that was logged so far" },
    { command: "berth run logs 12 --follow --step instance.ensure/user1-n8n", does: "one step, as it goes" },
  ],
  async run({ input, ...context }) {
    const query = { id: parseRunId(input.id), step: input.step };
    const client = await context.client();
    if (!input.follow) return { lines: await readLines(client, query, 0) };
    await followLogs(client, query, context);
    return undefined;
  },
  render: ({ lines }) => lines.map(formatLogLine),
});

async function readLines(client: Client, { id, step }: LogQuery, after: number): Promise<LogLine[]> {
  const query = step === undefined ? { after } : { after, step };
  return (await client.call(getRunLogs, { params: { id }, query })).lines;
}

/** Events only say that there is more: the lines themselves are fetched after the last one, so none is lost or doubled. */
async function followLogs(client: Client, query: LogQuery, context: CommandContext): Promise<void> {
  let last = 0;
  const printNew = async (): Promise<void> => {
    const lines = await readLines(client, query, last);
    last = lines.at(-1)?.sequence ?? last;
    writeLines(
      context.terminal.stdout,
      lines.map((line) => (context.json ? JSON.stringify(line) : formatLogLine(line))),
    );
  };
  let printing = printNew();
  let isQueued = false;
  const failed = new AbortController();
  const onLog = (): void => {
    if (isQueued) return;
    isQueued = true;
    printing = printing.then(() => {
      isQueued = false;
      return printNew();
    });
    printing.catch((error: unknown) => failed.abort(error));
  };
  await client.call(getRun, { params: { id: query.id } });
  try {
    await printing;
    await watchRun(client, query.id, { onRun: onLog, onLog }, failed.signal);
    await printing;
    await printNew();
  } catch (error) {
    throw failed.signal.aborted ? failed.signal.reason : error;
  }
}

export function formatLogLine({ at, step, line }: LogLine): string {
  return `${formatClock(Date.parse(at))} ${printableLine(step)}: ${printableLine(line)}`;
}
