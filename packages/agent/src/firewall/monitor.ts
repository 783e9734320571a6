/** Follows changes of Berth's table for as long as they matter, so that nobody has to look again and again. */
import { Backoff } from "../backoff.ts";
import { pause } from "../deadline.ts";
import type { Log } from "../log.ts";
import type { Nft } from "./nft.ts";

export interface MonitorOptions {
  nft: Pick<Nft, "follow">;
  /** The table was changed, by whomever; or nobody looked for a moment, and it may have been. */
  onChange: () => void;
  /** Whether changes are told from now on. */
  onFollowing: (isFollowing: boolean) => void;
  log: Log;
}

/** Resolves when the signal aborts. */
export async function monitorTable(
  { nft, onChange, onFollowing, log }: MonitorOptions,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff({ firstMilliseconds: 1_000, lastMilliseconds: 60_000 });
  while (!signal.aborted) {
    onFollowing(true);
    try {
      await nft.follow(() => {
        backoff.reset();
        onChange();
      }, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ reason: error instanceof Error ? error.message : String(error) }, "nft monitor failed");
    } finally {
      onFollowing(false);
    }
    await pause(backoff.next(), signal).catch(() => undefined);
    if (!signal.aborted) onChange();
  }
}
