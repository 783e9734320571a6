import type { BenchmarkResult } from "./result.ts";
import { benchmarkStart } from "./start.ts";

/** Every benchmark by name, in the order they run. */
export const benchmarks: Record<string, () => Promise<BenchmarkResult[]>> = {
  start: benchmarkStart,
};
