/** What no node can have measured: it is left out, as if it had not been. Pure. */
import type { SampleBatch } from "@berth/shared/metrics/samples";

/** Nothing that is measured is below zero; beyond this, numbers are no counts of bytes any more. */
export function isPossible(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

export function hasNonsense({ frames }: SampleBatch): boolean {
  const isNonsense = (value: number | null): boolean => value !== null && !isPossible(value);
  return frames.some(({ node, containers }) => {
    return node.some(isNonsense) || containers.some((row) => row?.some(isNonsense) === true);
  });
}
