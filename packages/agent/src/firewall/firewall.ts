/** The node's packet filter: brought to its specification, and looked at. What is desired stands in the journal. */
import { rm } from "node:fs/promises";
import { BerthError } from "@berth/shared/errors";
import type { FirewallSpec } from "@berth/shared/operations/firewall-ensure";
import { readIfPresent, writeAtomically } from "../files.ts";
import type { DesiredFirewall } from "../journal/desired-firewall.ts";
import { digestOf } from "./nft-json.ts";
import type { Nft } from "./nft.ts";
import { isEmpty, renderRuleset, table } from "./ruleset.ts";
import { refuseContainerUplink } from "./uplink.ts";

export interface FirewallDependencies {
  nft: Pick<Nft, "apply" | "readTable">;
  desired: DesiredFirewall;
  /** The ruleset in force, for berth-firewall.service, which loads it at boot before Docker starts containers. */
  file: string;
}

/** How the filter departs from what was put in force; null: not at all. */
export type FirewallDrift = "missing" | "altered" | null;

export class Firewall {
  readonly #dependencies: FirewallDependencies;

  constructor(dependencies: FirewallDependencies) {
    this.#dependencies = dependencies;
  }

  /** Puts the specification in force, and keeps it as the desired one. Killed at any instant, the next attempt converges. */
  async ensure(spec: FirewallSpec, signal: AbortSignal): Promise<{ changed: boolean }> {
    const { desired } = this.#dependencies;
    const kept = desired.get();
    if (isEmpty(spec)) return this.#remove(signal);
    if (kept?.spec.hash === spec.hash && (await this.drift(signal)) === null) return { changed: false };
    await this.#apply(spec, signal);
    return { changed: true };
  }

  /** Puts what is desired in force once more. */
  async mend(signal: AbortSignal): Promise<void> {
    const kept = this.#dependencies.desired.get();
    if (kept !== undefined) await this.#apply(kept.spec, signal);
  }

  /**
   * Puts the rules in force once more where they and the file for the next boot are no longer what this version of the
   * agent makes of the specification, or the file is gone. True when it did. What drifted is left to whoever holds it.
   */
  async renew(signal: AbortSignal): Promise<boolean> {
    const { desired, file } = this.#dependencies;
    const kept = desired.get();
    if (kept === undefined || (await readIfPresent(file)) === renderRuleset(kept.spec)) return false;
    if ((await this.drift(signal)) !== null) return false;
    await this.#apply(kept.spec, signal);
    return true;
  }

  async drift(signal: AbortSignal): Promise<FirewallDrift> {
    const { nft, desired } = this.#dependencies;
    const kept = desired.get();
    if (kept === undefined) return null;
    const content = await nft.readTable(signal);
    if (content === null) return "missing";
    return digestOf(content) === kept.digest ? null : "altered";
  }

  /** Hash of the specification in force; null: none is, or somebody altered it. */
  async hashInForce(signal: AbortSignal): Promise<string | null> {
    const kept = this.#dependencies.desired.get();
    return kept !== undefined && (await this.drift(signal)) === null ? kept.spec.hash : null;
  }

  async #apply(spec: FirewallSpec, signal: AbortSignal): Promise<void> {
    const { nft, desired, file } = this.#dependencies;
    await refuseContainerUplink();
    const ruleset = renderRuleset(spec);
    await nft.apply(ruleset, signal);
    const content = await nft.readTable(signal);
    if (content === null) {
      throw new BerthError("conflict", `The table ${table.family} ${table.name} went as soon as it was made.`, {
        hint: "Something else on the node flushes the packet filter: is nftables.service being reloaded?",
      });
    }
    await writeAtomically(file, ruleset);
    desired.set({ spec, digest: digestOf(content) });
  }

  async #remove(signal: AbortSignal): Promise<{ changed: boolean }> {
    const { nft, desired, file } = this.#dependencies;
    const isThere = desired.get() !== undefined || (await nft.readTable(signal)) !== null;
    if (!isThere) return { changed: false };
    await nft.apply(renderRuleset({ inbound: [], outbound: [] }), signal);
    await rm(file, { force: true });
    desired.remove();
    return { changed: true };
  }
}
