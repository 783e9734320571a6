/** What the launcher and the CLI cost before a command does anything, against Node itself. */
import { join } from "node:path";
import { execa } from "execa";
import { repository } from "../demo/controller.ts";
import { measure, median, result, type BenchmarkResult } from "./result.ts";

const rounds = 21;

export async function benchmarkStart(): Promise<BenchmarkResult[]> {
  const launcher = join(repository, "berth");
  const version = median(await measure(rounds, () => execa(launcher, ["--version"])));
  const node = median(await measure(rounds, () => execa(process.execPath, ["-e", "0"])));
  return [
    result({
      name: "start",
      value: version / node,
      unit: "× node -e 0",
      goal: 2.5,
      better: "lower",
      detail: `./berth --version ${version.toFixed(0)} ms, node -e 0 ${node.toFixed(0)} ms`,
    }),
  ];
}
