/**
 * Operations over the end of a Docker engine: what fails because the engine went away says nothing about image or
 * instance. Every operation converges from wherever it was interrupted, so it is carried out again once Docker is back.
 */
import { BerthError } from "@berth/shared/errors";
import { pause } from "../deadline.ts";
import type { Engine } from "../docker/engine.ts";
import type { OperationContext } from "./context.ts";

/** systemd brings a Docker engine back within seconds; one that stays away this long needs somebody to look at it. */
const patienceMilliseconds = 120_000;
const askMilliseconds = 500;

/** Carries `attempt` out, again after each outage of the engine under it. Throws what fails with the engine there. */
export async function throughOutages<T>(
  engine: Engine,
  { signal, progress, phase }: OperationContext,
  attempt: () => Promise<T>,
): Promise<T> {
  for (;;) {
    const { losses } = engine.presence;
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || !(await isOutage(engine, losses))) throw error;
    }
    progress({ line: "the Docker engine went away: waiting until it is back" });
    await phase("wait for Docker", null, () => untilBack(engine, signal));
    progress({ line: "the Docker engine is back: carrying on" });
  }
}

/**
 * Whether the engine went away since it had been lost `losses` times, so that what failed proves nothing else. It is
 * asked whatever the failure: one connection may break although the engine lives, and an engine that is stopping still
 * tells on the connections it has that its containers have ended.
 */
export async function isOutage(engine: Engine, losses: number): Promise<boolean> {
  if (engine.presence.lostSince(losses)) return true;
  // An answer may also come from the next engine already.
  return !(await answers(engine)) || engine.presence.lostSince(losses);
}

async function untilBack(engine: Engine, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + patienceMilliseconds;
  while (!(await answers(engine)) || !engine.presence.isThere) {
    if (performance.now() > deadline) {
      throw new BerthError(
        "docker.failed",
        `The Docker engine went away and was not back within ${patienceMilliseconds / 1000} s.`,
        { hint: "Is the service docker running on the node? journalctl -u docker says why not." },
      );
    }
    await pause(askMilliseconds, signal);
  }
}

async function answers(engine: Engine): Promise<boolean> {
  try {
    await engine.version();
    return true;
  } catch {
    // Whatever the reason: an engine that does not tell its version is not there to work with.
    return false;
  }
}
