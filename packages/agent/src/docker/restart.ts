/** Having systemd restart the Docker engine. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** It stops every container first, each within its own timeout. */
const restartMilliseconds = 300_000;
/** What one restart does not mend, the next would not either. */
const betweenMilliseconds = 600_000;

export class EngineRestart {
  #last = Number.NEGATIVE_INFINITY;
  #underWay: Promise<boolean> | undefined;

  /** False: it was restarted in the last ten minutes, or systemd does not run it here. Who asks meanwhile shares one. */
  async run(): Promise<boolean> {
    if (this.#underWay !== undefined) return this.#underWay;
    if (performance.now() - this.#last < betweenMilliseconds) return false;
    this.#underWay = this.#restart();
    try {
      return await this.#underWay;
    } finally {
      this.#last = performance.now();
      this.#underWay = undefined;
    }
  }

  async #restart(): Promise<boolean> {
    try {
      await run("systemctl", ["restart", "docker.service"], { timeout: restartMilliseconds });
      return true;
    } catch {
      // Whoever asked has the error that made it ask, which says what to do by hand.
      return false;
    }
  }
}
