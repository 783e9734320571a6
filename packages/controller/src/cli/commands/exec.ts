import { execPath } from "@berth/shared/api/instances";
import { requestPath } from "../client/client.ts";
import { defineCommand, type CommandContext } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { type Channel, runExecSession, writeThrough } from "../exec-session.ts";
import { screenSize } from "../terminal.ts";

/** The shell's exit code for a command that a signal killed. */
const killed = 137;

interface ExecInput {
  instance: string;
  command: string[];
  container: string | undefined;
  interactive: boolean;
  tty: boolean;
}

export default defineCommand({
  details:
    "Ends with the exit code of the command. Write -- before the command, so that its options stay its own. " +
    'With --json: {"exitCode", "stdout", "stderr"}.',
  arguments: {
    instance: { description: "Name of the instance", completes: "instance" },
    command: { description: "Command and its arguments", variadic: true },
  },
  options: {
    interactive: { kind: "flag", short: "i", description: "Pass stdin on" },
    tty: { kind: "flag", short: "t", description: "Give the command a terminal" },
    container: { kind: "text", value: "NAME", description: "Which of its containers, where it has several" },
  },
  examples: [
    { command: "berth exec -it user1-n8n -- sh", does: "a shell inside the instance" },
    { command: "berth exec shared-postgres -- psql -U postgres -l", does: "one command" },
    { command: "berth exec -i shared-postgres -- psql -U postgres < query.sql", does: "with input from a file" },
  ],
  async run({ input, ...context }) {
    if (input.tty && context.terminal.stdin.isTTY !== true) {
      throw usageError("-t needs a terminal, and stdin is none.", "Leave -t out: -i alone passes stdin on.");
    }
    if (input.tty && context.json) throw usageError("--json and -t exclude each other.");
    const collected: Record<Channel, Buffer[]> = { stdout: [], stderr: [] };
    const exitCode = (await runInInstance(context, input, collected)) ?? killed;
    context.endWith(exitCode);
    if (!context.json) return undefined;
    const text = (channel: Channel): string => Buffer.concat(collected[channel]).toString("utf8");
    return { exitCode, stdout: text("stdout"), stderr: text("stderr") };
  },
  render: () => [],
});

async function runInInstance(
  context: CommandContext,
  input: ExecInput,
  collected: Record<Channel, Buffer[]>,
): Promise<number | null> {
  const { terminal, json } = context;
  const { target } = await context.client();
  const { openSocket } = await import("../client/socket.ts");
  const socket = await openSocket(target, requestPath(execPath, { name: input.instance }, {}));
  if (input.tty) terminal.stdin.setRawMode?.(true);
  try {
    return await runExecSession({
      socket,
      request: {
        instance: input.instance,
        container: input.container,
        command: input.command,
        tty: input.tty ? screenSize(terminal.stdout) : null,
      },
      input: input.interactive ? terminal.stdin : undefined,
      screen: input.tty ? terminal.stdout : undefined,
      async output(channel, data) {
        if (json) collected[channel].push(data);
        else await writeThrough(terminal[channel], data);
      },
    });
  } finally {
    if (input.tty) terminal.stdin.setRawMode?.(false);
  }
}
