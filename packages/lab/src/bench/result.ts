/** One figure of the benchmark: a ratio measured in one run against a peer or a limit, the median of several rounds. */
export interface BenchmarkResult {
  name: string;
  value: number;
  unit: string;
  goal: number;
  better: "higher" | "lower";
  met: boolean;
  /** What was measured, for the reader: "Berth 0.031 s, Ansible 2.71 s". */
  detail: string;
}

export function result(figure: Omit<BenchmarkResult, "met">): BenchmarkResult {
  return { ...figure, met: figure.better === "higher" ? figure.value >= figure.goal : figure.value <= figure.goal };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError("No values to take the median of");
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** The value that so large a share of all does not exceed; infinite where there is none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.POSITIVE_INFINITY;
}

/** Milliseconds of `rounds` calls, after one that does not count. */
export async function measure(rounds: number, work: () => Promise<unknown>): Promise<number[]> {
  await work();
  const taken: number[] = [];
  for (let round = 0; round < rounds; round += 1) taken.push(await timed(work));
  return taken;
}

/** Milliseconds of one call. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
