/** What no node can have measured: it is left out, as if it had not been. Pure. */
import type { SampleBatch } from "@berth/shared/metrics/samples";

/** Frames from further ahead are not believed: they would push out everything else. */
export const futureMilliseconds = 60_000;

/** Nothing that is measured is below zero; beyond this, numbers are no counts of bytes any more. */
export function isPossible(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

/** `latest`: by the node's clock. */
export function nonsenseIn({ frames }: SampleBatch, latest: number): string | undefined {
  if (frames.some(({ at }) => at > latest)) return "samples of the future";
  const isNonsense = (value: number | null): boolean => value !== null && !isPossible(value);
  const hasNonsense = frames.some(({ node, containers }) => {
    return node.some(isNonsense) || containers.some((row) => row?.some(isNonsense) === true);
  });
  return hasNonsense ? "samples of impossible size" : undefined;
}
