/** `berth bench`: the figures that Berth is held to, as ratios measured in one run. */
import { join } from "node:path";
import { errorCatalogue, toBerthError } from "@berth/shared/errors";
import { Command } from "commander";
import { benchmarks } from "../bench/benchmarks.ts";
import { openBench } from "../bench/fleet.ts";
import type { BenchmarkResult } from "../bench/result.ts";
import { repository } from "../demo/controller.ts";
import { runProgram } from "./run-program.ts";

interface BenchOptions {
  json?: boolean;
  keep?: boolean;
  fleet: string;
}

const example = join(repository, "examples/valuechain/fleet.yaml");
const names = Object.keys(benchmarks);

const program = new Command("berth bench")
  .description("Measures Berth against its peers and limits, as ratios in one run. Nothing of it is a test.")
  .argument("[name...]", `which (default: all): ${names.join(", ")}`)
  .option("--json", "print the results as JSON")
  .option("--keep", "leave the lab that was made for it; the next run uses it")
  .option("-f, --fleet <file>", "fleet file that is applied again and again", example)
  .addHelpText("after", "\nExamples:\n  ./berth bench\n  ./berth bench start --json\n  ./berth lab down --name bench")
  .action(async (wanted: string[], { json, keep, fleet }: BenchOptions) => {
    const unknown = wanted.find((name) => !names.includes(name));
    if (unknown !== undefined)
      program.error(`error: no benchmark '${unknown}'; one of ${names.join(", ")}`, { exitCode: 2 });
    const results: BenchmarkResult[] = [];
    const bench = openBench(fleet, (line) => process.stderr.write(`${line}\n`));
    try {
      for (const [name, run] of Object.entries(benchmarks)) {
        if (wanted.length > 0 && !wanted.includes(name)) continue;
        process.stderr.write(`${name} …\n`);
        try {
          const found = await run(bench);
          // A run that is ended before its end has said what it found.
          process.stderr.write(table(found));
          results.push(...found);
        } catch (thrown) {
          // The figures of the others are worth having.
          report(thrown);
        }
      }
    } finally {
      if (keep !== true) await bench.close();
    }
    process.stdout.write(json === true ? `${JSON.stringify(results, null, 2)}\n` : table(results));
  });

function table(results: readonly BenchmarkResult[]): string {
  const rows = results.map(({ name, value, unit, goal, better, met, detail }) => [
    name,
    `${Number(value.toPrecision(3))} ${unit}`,
    `${better === "higher" ? "≥" : "≤"} ${goal}`,
    met ? "met" : "missed",
    detail,
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}\n`).join("");
}

function report(thrown: unknown): void {
  const error = toBerthError(thrown, "lab.failed");
  process.stderr.write(`berth: ${error.message}\n${error.hint === undefined ? "" : `${error.hint}\n`}`);
  process.exitCode = errorCatalogue[error.code].exitCode;
}

await runProgram(program);
