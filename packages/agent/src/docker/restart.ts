/** Having systemd restart the Docker engine. */
import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** It stops every container first, each within its own timeout. */
const restartMilliseconds = 300_000;
/**
 * From the first restart to the second, from that to the third, and so on: what one does not mend the next may, and what
 * two do not mend is not worth that everything on the node stops again and again.
 */
const pausesMilliseconds = [10_000, 120_000, 600_000] as const;
/** Whoever asks waits this long for the next one to be due. */
const patienceMilliseconds = 15_000;
/** After this long without a restart, the next one is a first one again. */
const forgottenMilliseconds = 600_000;

export class EngineRestart {
  #last = Number.NEGATIVE_INFINITY;
  #restarts = 0;
  #underWay: Promise<boolean> | undefined;

  /** False: too soon after the last ones, or systemd does not run it here. Who asks meanwhile shares one. */
  async run(): Promise<boolean> {
    if (this.#underWay !== undefined) return this.#underWay;
    const since = performance.now() - this.#last;
    if (since > forgottenMilliseconds) this.#restarts = 0;
    const wait = this.#restarts === 0 ? 0 : (pausesMilliseconds[this.#restarts - 1] ?? forgottenMilliseconds) - since;
    if (wait > patienceMilliseconds) return false;
    this.#underWay = this.#restart(Math.max(0, wait));
    try {
      return await this.#underWay;
    } finally {
      this.#last = performance.now();
      this.#restarts += 1;
      this.#underWay = undefined;
    }
  }

  async #restart(wait: number): Promise<boolean> {
    try {
      await pause(wait);
      await run("systemctl", ["restart", "docker.service"], { timeout: restartMilliseconds });
      return true;
    } catch {
      // Whoever asked has the error that made it ask, which says what to do by hand.
      return false;
    }
  }
}
