import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import { isMissingFile, readIfPresent } from "../host/files.ts";
import { findLongLived, isRunning, startLongLived, stopLongLived } from "../host/processes.ts";
import { waitFor } from "../host/wait.ts";

const readySchema = z.object({ pid: z.int(), port: z.int(), socketPath: z.string() });
export interface Relay {
  /** Port of 127.0.0.1 in the main namespace. */
  port: number;
  socketPath: string;
}

export interface RelayRequest {
  stateDirectory: string;
  /** The wished port; the next free one is taken when somebody else has it. */
  port: number;
  /** Unix socket that a process inside the lab listens on. Paths cross network namespaces. */
  socketPath: string;
}

function relayDirectory(stateDirectory: string): string {
  return join(stateDirectory, "relays");
}

async function readReady(path: string): Promise<z.infer<typeof readySchema> | undefined> {
  const content = await readIfPresent(path);
  return content === undefined ? undefined : readySchema.parse(JSON.parse(content));
}

/** Lets a browser of this machine reach a socket of the lab. A relay that runs already is kept; returns the port it has. */
export async function startRelay(request: RelayRequest): Promise<Relay> {
  const name = `relay-${request.port}`;
  const ready = join(relayDirectory(request.stateDirectory), `${name}.json`);
  const running = await findLongLived(request.stateDirectory, name);
  const known = await readReady(ready);
  if (running !== undefined && known?.pid === running.pid && known.socketPath === request.socketPath) {
    return { port: known.port, socketPath: known.socketPath };
  }
  await stopLongLived(request.stateDirectory, name);
  await rm(ready, { force: true });
  const options = ["--port", String(request.port), "--socket", request.socketPath, "--ready", ready];
  const identity = await startLongLived({
    name,
    // It listens where whoever asks runs: outside of the lab, as the browser does.
    argv: [process.execPath, join(import.meta.dirname, "main.ts"), ...options],
    stateDirectory: request.stateDirectory,
  });
  const started = await waitFor({
    what: `The relay from 127.0.0.1:${request.port}`,
    deadlineMs: 60_000,
    check: async () => {
      const content = await readReady(ready);
      if (content?.pid === identity.pid) return content;
      if (await isRunning(identity)) return undefined;
      throw new BerthError("lab.failed", "The relay ended before it listened", {
        hint: `See ${join(request.stateDirectory, "log", `${name}.log`)}`,
      });
    },
  });
  return { port: started.port, socketPath: started.socketPath };
}

/** Ends the relay that was started for this wished port; does nothing when there is none. */
export async function stopRelay(stateDirectory: string, port: number): Promise<void> {
  await stopLongLived(stateDirectory, `relay-${port}`);
  await rm(join(relayDirectory(stateDirectory), `relay-${port}.json`), { force: true });
}

/** The relays of a lab that run right now. */
export async function listRelays(stateDirectory: string): Promise<Relay[]> {
  const relays: Relay[] = [];
  for (const file of await readNames(relayDirectory(stateDirectory))) {
    const known = await readReady(join(relayDirectory(stateDirectory), file));
    const running = await findLongLived(stateDirectory, file.replace(/\.json$/, ""));
    if (known !== undefined && running?.pid === known.pid) {
      relays.push({ port: known.port, socketPath: known.socketPath });
    }
  }
  return relays;
}

async function readNames(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith(".json"));
  } catch (error) {
    if (isMissingFile(error)) return [];
    throw error;
  }
}
