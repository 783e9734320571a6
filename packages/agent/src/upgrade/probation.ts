/**
 * A new version is on probation until it has been welcomed by the controller. If it is not within a minute, or starts
 * again and again, it puts the old version back by itself and ends, so that systemd starts that one.
 */
import { rm } from "node:fs/promises";
import * as z from "zod";
import { type AgentConfig, upgradeFile } from "../config.ts";
import { readIfPresent, writeAtomically } from "../files.ts";
import type { Log } from "../log.ts";
import type { Versions } from "./versions.ts";

const probationMilliseconds = 60_000;
const mostStarts = 3;

const upgradeSchema = z.strictObject({ from: z.string(), to: z.string(), starts: z.int().nonnegative() });
type Upgrade = z.output<typeof upgradeSchema>;

/** Written before the symlink changes. */
export async function recordUpgrade(config: AgentConfig, from: string, to: string): Promise<void> {
  await write(config, { from, to, starts: 0 });
}

export interface ProbationDependencies {
  config: AgentConfig;
  versions: Versions;
  version: string;
  log: Log;
  /** Ends the process. */
  exit: () => void;
}

export class Probation {
  readonly #dependencies: ProbationDependencies;
  #upgrade: Upgrade | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(dependencies: ProbationDependencies) {
    this.#dependencies = dependencies;
  }

  /** The first thing at a start. False: the old version is back in place, and this process must end. */
  async begin(): Promise<boolean> {
    const { config, version, log } = this.#dependencies;
    const upgrade = await read(config);
    if (upgrade === undefined) return true;
    if (upgrade.to !== version) {
      log.warn({ from: upgrade.from, to: upgrade.to }, "the upgrade did not take place");
      await this.#forget();
      return true;
    }
    this.#upgrade = { ...upgrade, starts: upgrade.starts + 1 };
    if (this.#upgrade.starts > mostStarts) {
      await this.#goBack("it started again and again");
      return false;
    }
    await write(config, this.#upgrade);
    this.#timer = setTimeout(() => {
      void this.#fail();
    }, probationMilliseconds);
    return true;
  }

  /** The controller has welcomed this version: it stays. */
  async pass(): Promise<void> {
    const { versions, version, log } = this.#dependencies;
    const upgrade = this.#upgrade;
    if (upgrade === undefined) return;
    this.#upgrade = undefined;
    clearTimeout(this.#timer);
    await this.#forget();
    await versions.prune([version, upgrade.from]);
    log.info({ from: upgrade.from, to: version }, "upgraded");
  }

  async #fail(): Promise<void> {
    const { log, exit } = this.#dependencies;
    try {
      await this.#goBack(`no welcome within ${probationMilliseconds / 1000} s`);
    } catch (error) {
      log.error({ err: error }, "the old version could not be put back");
    }
    exit();
  }

  async #goBack(reason: string): Promise<void> {
    const { versions, log } = this.#dependencies;
    const upgrade = this.#upgrade;
    if (upgrade === undefined) return;
    log.error({ reason, from: upgrade.from, to: upgrade.to }, "the old version comes back");
    await versions.use(upgrade.from);
    await this.#forget();
  }

  async #forget(): Promise<void> {
    await rm(upgradeFile(this.#dependencies.config), { force: true });
  }
}

async function read(config: AgentConfig): Promise<Upgrade | undefined> {
  const text = await readIfPresent(upgradeFile(config));
  return text === null ? undefined : upgradeSchema.parse(JSON.parse(text));
}

async function write(config: AgentConfig, upgrade: Upgrade): Promise<void> {
  await writeAtomically(upgradeFile(config), JSON.stringify(upgrade));
}
