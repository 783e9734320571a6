/** Running programs on a host over an SSH connection that is open. */
import { once } from "node:events";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BerthError } from "@berth/shared/errors";
import { join as quote } from "shlex";
import type { Client, ClientChannel } from "ssh2";
import { LineSplitter } from "./lines.ts";

export interface RemoteCommand {
  /** Program and arguments; quoted for the shell that sshd hands them to. Never a secret: others can see it. */
  argv: string[];
  /** For its standard input; secrets go here. Left out: empty. */
  input?: Readable | string;
  /** Each line of both outputs, as it comes. */
  onLine?: (line: string) => void;
  /** Bytes of the input that have gone so far. */
  onSent?: (bytes: number) => void;
  /** Completes "… did not end within N s". */
  what: string;
  deadlineMilliseconds: number;
  signal: AbortSignal;
}

export interface RemoteResult {
  exitCode: number;
  /** The last 256 KiB of it. */
  stdout: string;
  /** The last 256 KiB of it. */
  stderr: string;
}

export interface SshSession extends AsyncDisposable {
  /** `user@host:port`, for messages. */
  place: string;
  /** A program that fails is no error here; a lost connection and a passed deadline are. */
  run: (command: RemoteCommand) => Promise<RemoteResult>;
}

const keptCharacters = 256 * 1024;
const closeMilliseconds = 5000;

export function newSshSession(client: Client, place: string): SshSession {
  let closed = false;
  client.once("close", () => (closed = true));
  return {
    place,
    run: (command) => run(client, place, command),
    [Symbol.asyncDispose]: async () => {
      if (!closed) await close(client);
    },
  };
}

async function run(client: Client, place: string, command: RemoteCommand): Promise<RemoteResult> {
  const deadline = AbortSignal.timeout(command.deadlineMilliseconds);
  const stop = AbortSignal.any([command.signal, deadline]);
  stop.throwIfAborted();
  const { channel, ended } = await begin(client, place, command);
  // Without a terminal a closed channel ends the program at its next write; there is no surer way in SSH.
  const abort = (): void => channel.close();
  stop.addEventListener("abort", abort, { once: true });
  if (stop.aborted) abort();
  const programEnded = new AbortController();
  try {
    const sent = send(channel, command, programEnded.signal);
    // A program may end before it has read everything: it has then said why.
    const result = await Promise.race([ended, sent.then(() => ended)]);
    command.signal.throwIfAborted();
    if (deadline.aborted) {
      const seconds = Math.round(command.deadlineMilliseconds / 1000);
      throw new BerthError("deadline.exceeded", `${command.what} did not end within ${seconds} s on ${place}`);
    }
    if (result.exitCode === null) {
      throw new BerthError("ssh.failed", `The SSH connection to ${place} broke off during: ${command.what}`);
    }
    return { ...result, exitCode: result.exitCode };
  } finally {
    programEnded.abort();
    stop.removeEventListener("abort", abort);
  }
}

interface Begun {
  channel: ClientChannel;
  ended: Promise<Omit<RemoteResult, "exitCode"> & { exitCode: number | null }>;
}

function begin(client: Client, place: string, command: RemoteCommand): Promise<Begun> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(new BerthError("ssh.failed", `${place} did not run a command: ${cause.message}`, { cause }));
    try {
      client.exec(quote(command.argv), (error, channel) => {
        if (error !== undefined) fail(error);
        // Listening must begin here: a short program's end may already be in the data that is being read.
        else resolve({ channel, ended: collect(channel, command) });
      });
    } catch (error) {
      // Thrown, not called back, when the connection is gone already.
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

async function collect(channel: ClientChannel, command: RemoteCommand): Begun["ended"] {
  let exitCode: number | null = null;
  channel.on("exit", (code: number | null) => {
    // Null: ended by a signal, which shells show as 128 and more.
    exitCode = code ?? 128;
  });
  const output = { stdout: "", stderr: "" };
  const splitters = (["stdout", "stderr"] as const).map((name) => {
    const splitter = new LineSplitter(command.onLine ?? (() => undefined));
    const stream = name === "stdout" ? channel : channel.stderr;
    stream.setEncoding("utf8").on("data", (text: string) => {
      output[name] = (output[name] + text).slice(-keptCharacters);
      splitter.push(text);
    });
    return splitter;
  });
  await once(channel, "close");
  for (const splitter of splitters) splitter.end();
  return { exitCode, ...output };
}

async function send(channel: ClientChannel, command: RemoteCommand, programEnded: AbortSignal): Promise<void> {
  const { input } = command;
  if (input === undefined) {
    channel.end();
    return;
  }
  let sent = 0;
  const counter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      sent += chunk.length;
      command.onSent?.(sent);
      done(null, chunk);
    },
  });
  const source = typeof input === "string" ? Readable.from([Buffer.from(input)]) : input;
  try {
    await pipeline(source, counter, channel.stdin, { signal: programEnded });
  } catch (error) {
    const closedByHost = error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
    if (programEnded.aborted || closedByHost) return;
    channel.close();
    throw error;
  }
}

async function close(client: Client): Promise<void> {
  const closed = once(client, "close", { signal: AbortSignal.timeout(closeMilliseconds) });
  client.end();
  await closed.catch(() => client.destroy());
}
