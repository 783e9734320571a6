/** Has something looked at whenever there may be something to do: one look after the other, whatever becomes of one. */
export interface Recurring {
  /** Looks again: what there is to do, or what stood in the way, has changed. */
  look: () => void;
  /** Ends when nothing is being begun any more. */
  close: () => Promise<void>;
}

export interface RecurringOptions {
  /** After the start of the controller: agents come back first. */
  startDelayMilliseconds: number;
  /** Does what there is to do, and says how many milliseconds later to look again if nobody asks for it before. */
  work: () => Promise<number>;
  onFailure: (error: unknown) => void;
  /** When to look again after a failure. */
  failureMilliseconds: number;
}

/** Times are looked at again at least this often: clocks are set, and timers drift. */
const longestWaitMilliseconds = 3_600_000;

export function createRecurring(options: RecurringOptions): Recurring {
  const { startDelayMilliseconds, work, onFailure, failureMilliseconds } = options;
  const notBefore = Date.now() + startDelayMilliseconds;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();
  let closed = false;

  function wait(milliseconds: number): void {
    clearTimeout(timer);
    if (closed) return;
    const earliest = notBefore - Date.now();
    timer = setTimeout(tick, Math.max(earliest, Math.min(milliseconds, longestWaitMilliseconds)));
    timer.unref();
  }

  function tick(): void {
    working = working.then(workOnce).catch((error: unknown) => {
      onFailure(error);
      wait(failureMilliseconds);
    });
  }

  async function workOnce(): Promise<void> {
    if (!closed) wait(await work());
  }

  wait(startDelayMilliseconds);
  return {
    look: () => wait(1000),
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await working;
    },
  };
}

/** How long to wait for a moment; null: for none in particular. */
export function untilMoment(moment: number | null): number {
  // A second more: at its very time nothing is due yet.
  return moment === null ? longestWaitMilliseconds : moment - Date.now() + 1000;
}
