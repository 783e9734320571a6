/** Holds the node's packet filter to what was put in force, as the fleet's drift policy says, with no controller in reach. */
import { toBerthError } from "@berth/shared/errors";
import { firewallEnsure } from "@berth/shared/operations/firewall-ensure";
import { Backoff } from "../backoff.ts";
import type { Journal } from "../journal/journal.ts";
import type { Log } from "../log.ts";
import type { ResourceLocks } from "../operations/locks.ts";
import type { Firewall, FirewallDrift } from "./firewall.ts";
import { monitorTable } from "./monitor.ts";
import type { Nft } from "./nft.ts";

/** One replacement of the table is a dozen changes of it. */
const settleMilliseconds = 200;
/** What the monitor missed is found by then. */
const sweepMilliseconds = 5 * 60_000;
const firstRetryMilliseconds = 1_000;
/** nft does not say when it has begun to listen. */
const listensAfterMilliseconds = 5_000;

export interface FirewallKeeperDependencies {
  firewall: Firewall;
  nft: Pick<Nft, "follow">;
  journal: Pick<Journal, "drift" | "firewall">;
  locks: ResourceLocks;
  log: Log;
  onDrift: (drift: Exclude<FirewallDrift, null>, mended: boolean) => void;
}

export class FirewallKeeper {
  readonly #dependencies: FirewallKeeperDependencies;
  readonly #stopping = new AbortController();
  readonly #backoff = new Backoff({ firstMilliseconds: firstRetryMilliseconds, lastMilliseconds: sweepMilliseconds });
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #monitor: AbortController | undefined;
  /** How many changes were told so far. */
  #changes = 0;
  #followedSince = Number.POSITIVE_INFINITY;
  /** Hash of what a look found in force while changes were followed, until one is told: nothing is asked again. */
  #seen: string | undefined;
  /** Left as it is and told already, so that one drift is one event. */
  #reported: FirewallDrift = null;

  constructor(dependencies: FirewallKeeperDependencies) {
    this.#dependencies = dependencies;
  }

  /** Looks at once, and from now on. */
  async start(): Promise<void> {
    await this.#look();
  }

  /** Something was put in force, or removed. */
  onSettled(): void {
    this.#reported = null;
    this.#soon(settleMilliseconds);
  }

  /** The fleet has another policy about drift. */
  onPolicy(): void {
    this.#reported = null;
    this.#soon(0);
  }

  /** Hash of the rules in force; null: none; undefined: it could not be found out. */
  async observe(): Promise<string | null | undefined> {
    const { firewall, journal, log } = this.#dependencies;
    if (this.#seen !== undefined && this.#seen === journal.firewall.get()?.spec.hash) return this.#seen;
    try {
      const hash = await firewall.hashInForce(this.#stopping.signal);
      if (hash === null) this.#soon(settleMilliseconds);
      return hash;
    } catch (error) {
      log.warn({ reason: toBerthError(error).message }, "the firewall could not be observed");
      return undefined;
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopping.abort(new Error("the agent stops"));
    this.#monitor?.abort();
  }

  /** Never later than it was due already. */
  #soon(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    if (this.#stopping.signal.aborted || at >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = setTimeout(() => {
      void this.#look();
    }, milliseconds);
  }

  /** Never rejects: a failure is told and tried again. */
  async #look(): Promise<void> {
    const { journal, log } = this.#dependencies;
    this.#dueAt = Number.POSITIVE_INFINITY;
    const isDesired = journal.firewall.get() !== undefined;
    this.#follow(isDesired);
    if (!isDesired) return;
    try {
      const isFollowed = performance.now() - this.#followedSince > listensAfterMilliseconds;
      this.#seen = undefined;
      await this.#reconcile(isFollowed);
      // Once more when it surely listens, for what changed before it did.
      const isYoung = !isFollowed && Number.isFinite(this.#followedSince);
      this.#soon(isYoung ? listensAfterMilliseconds + settleMilliseconds : sweepMilliseconds);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const wait = this.#backoff.next();
      log.warn({ reason: toBerthError(error).message, wait }, "the firewall could not be reconciled");
      this.#soon(wait);
    }
  }

  async #reconcile(isFollowed: boolean): Promise<void> {
    const { firewall, journal, locks, log, onDrift } = this.#dependencies;
    const { signal } = this.#stopping;
    const kept = journal.firewall.get();
    if (kept === undefined) return;
    // Under the lock: what an operation is replacing at this moment has not drifted.
    await locks.run(firewallEnsure.resource(kept.spec), signal, async () => {
      const changes = this.#changes;
      const drift = await firewall.drift(signal);
      if (drift === null) {
        if (await firewall.renew(signal)) log.info("the firewall's rules were put in force anew");
        else if (isFollowed && changes === this.#changes) this.#seen = kept.spec.hash;
        this.#reported = null;
        this.#backoff.reset();
        return;
      }
      const mends = journal.drift === "mend";
      if (mends) await firewall.mend(signal);
      if (mends || this.#reported !== drift) {
        log.warn({ drift, mended: mends }, "the firewall departed from what was put in force");
        onDrift(drift, mends);
      }
      this.#reported = mends ? null : drift;
    });
  }

  /** Follows changes for as long as there is something to hold. */
  #follow(isDesired: boolean): void {
    if (!isDesired) {
      this.#monitor?.abort();
      this.#monitor = undefined;
      return;
    }
    if (this.#monitor !== undefined || this.#stopping.signal.aborted) return;
    this.#monitor = new AbortController();
    const { nft, log } = this.#dependencies;
    const onChange = (): void => {
      this.#changes += 1;
      this.#seen = undefined;
      this.#soon(settleMilliseconds);
    };
    const onFollowing = (isFollowing: boolean): void => {
      this.#changes += 1;
      this.#seen = undefined;
      this.#followedSince = isFollowing ? performance.now() : Number.POSITIVE_INFINITY;
    };
    void monitorTable({ nft, log, onChange, onFollowing }, this.#monitor.signal);
  }
}
