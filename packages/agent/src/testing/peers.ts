/** Conversations between namespaces of a test. */
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import type { Namespace } from "./namespace.ts";
import { eventually, type Running, start } from "./processes.ts";

const program = fileURLToPath(new URL("network-peer.ts", import.meta.url));
/** How long silence must last to count: what a packet filter drops is not answered. */
const silenceMilliseconds = 700;

export interface Peer extends Running {
  say(line: string): void;
  /** Waits until it prints the line. */
  hears(line: string): Promise<void>;
}

/** Starts one end, as network-peer.ts says it; it ends with its test. `from`: the address to send from. */
export function startPeer(namespace: Namespace, mode: string, host: string, port: number, from?: string): Peer {
  const peer = spawnPeer(namespace, mode, host, port, from);
  onTestFinished(async () => {
    if (peer.child.exitCode === null && peer.child.signalCode === null) await peer.kill("SIGKILL");
  });
  return peer;
}

/** For all tests of a file: an echo, until it is killed. */
export async function startEcho(namespace: Namespace, port: number): Promise<Peer> {
  const peer = spawnPeer(namespace, "listen", "0.0.0.0", port);
  await peer.hears("listening");
  return peer;
}

function spawnPeer(namespace: Namespace, mode: string, host: string, port: number, from?: string): Peer {
  const argv = [process.execPath, program, mode, host, String(port), ...(from === undefined ? [] : [from])];
  const running = start(namespace.inside(argv), {}, "pipe");
  return {
    ...running,
    say: (line) => running.child.stdin?.write(`${line}\n`),
    hears: async (line) => {
      await eventually(`to hear ${line}`, () => running.output().includes(`${line}\n`));
    },
  };
}

/** An open connection to an echo. */
export async function openTo(namespace: Namespace, host: string, port: number): Promise<Peer> {
  const peer = startPeer(namespace, "open", host, port);
  await peer.hears("open");
  return peer;
}

/** Whether a connection can be opened, which then stays open: otherwise there is no answer. */
export async function opens(namespace: Namespace, host: string, port: number): Promise<boolean> {
  const peer = startPeer(namespace, "open", host, port);
  const answer = await eventually(
    "the end of an attempt",
    () => /^(open|no answer|failed: .*)$/m.exec(peer.output())?.[1],
  );
  if (answer.startsWith("failed")) throw new Error(answer);
  // The kernel would go on trying, and a later attempt could find that this one has taken the room it waits for.
  if (answer === "no answer") await peer.kill("SIGKILL");
  return answer === "open";
}

/** Nothing more arrives. */
export async function expectSilence(peer: Running): Promise<void> {
  const heard = peer.output().length;
  const more = eventually("more to arrive", () => peer.output().length > heard, silenceMilliseconds);
  await expect(more).rejects.toThrow("more to arrive");
}

/** The other end of the connection answers. */
export async function expectEcho(peer: Peer, word: string): Promise<void> {
  peer.say(word);
  await peer.hears(word);
}
