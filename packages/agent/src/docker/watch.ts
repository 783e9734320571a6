/** Follows Docker's events for as long as the agent lives, over restarts of the engine. */
import { Backoff } from "../backoff.ts";
import { pause } from "../deadline.ts";
import type { Log } from "../log.ts";
import type { DockerEvent, Engine } from "./engine.ts";

export interface DockerListener {
  /** The stream is open: whatever is listed now misses nothing that happens later. */
  onRunning(): void;
  onUnreachable(): void;
  onEvent(event: DockerEvent): void;
}

/** Resolves when the signal aborts. */
export async function watchDocker(
  engine: Engine,
  listener: DockerListener,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  // Operations wait for it, and a connection to a socket costs next to nothing.
  const backoff = new Backoff({ firstMilliseconds: 250, lastMilliseconds: 2_000 });
  let reachable = true;
  while (!signal.aborted) {
    try {
      const events = await engine.events(signal);
      reachable = true;
      engine.presence.onRunning();
      backoff.reset();
      listener.onRunning();
      for await (const event of events) listener.onEvent(event);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, "Docker's events broke off");
    }
    if (reachable && !signal.aborted) {
      engine.presence.onUnreachable();
      listener.onUnreachable();
    }
    reachable = false;
    await pause(backoff.next(), signal).catch(() => undefined);
  }
}
