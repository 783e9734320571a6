import { createStore, useStore, type Store } from "./store.ts";

/** This browser's clock, once a second: one timer for every "12 s ago" on the page. */
export const clock: Store<number> = createStore(Date.now());

/** Starts the clock; called once by main. */
export function startClock(): void {
  setInterval(() => clock.set(Date.now()), 1000);
}

const identity = (now: number): number => now;

/** Milliseconds since the epoch; renders again every second. */
export function useNow(): number {
  return useStore(clock, identity);
}
