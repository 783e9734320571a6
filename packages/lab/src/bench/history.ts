/**
 * What the history of metrics takes on disk, and how long a chart of all of it takes: 13 months of a tenant with ten
 * containers, as they are kept by default. No lab is needed: the controller's own code fills a file and reads it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { execa } from "execa";
import * as z from "zod";
import { repository } from "../demo/controller.ts";
import type { Bench } from "./fleet.ts";
import { result, type BenchmarkResult } from "./result.ts";

const deadlineMs = 300_000;
const measuredSchema = z.object({
  bytes: z.number(),
  samples: z.number().describe("Points, each with an average and a maximum"),
  containers: z.int(),
  container: z.number().describe("Milliseconds of one container's chart"),
  tenant: z.number(),
});

export async function benchmarkHistory({ say }: Pick<Bench, "say">): Promise<BenchmarkResult[]> {
  say("history: 13 months of ten containers are written");
  const { bytes, samples, containers, container, tenant } = await measureInProcess();
  const scope = `${(samples / 1e6).toFixed(1)} million samples of ${containers} containers`;
  return [
    result({
      name: "history-bytes",
      value: bytes / samples,
      unit: "bytes on disk for a sample",
      goal: 3,
      better: "lower",
      detail: `${scope} in ${(bytes / 1024 ** 2).toFixed(1)} MiB, each with its average and maximum`,
    }),
    result({
      name: "history-chart",
      value: tenant,
      unit: "ms for 13 months of a tenant",
      goal: 200,
      better: "lower",
      detail: `CPU and memory of ${containers} containers added up; of one container ${container.toFixed(0)} ms`,
    }),
  ];
}

/** In a process of its own, as cold as a controller that was just asked. */
async function measureInProcess(): Promise<z.output<typeof measuredSchema>> {
  const directory = await mkdtemp(join(tmpdir(), "berth-bench-history-"));
  try {
    const script = join(repository, "packages/controller/src/metrics/history/testing/measure.ts");
    const { stdout } = await execa(process.execPath, [script, directory], { timeout: deadlineMs });
    const measured = measuredSchema.safeParse(JSON.parse(stdout));
    if (measured.success) return measured.data;
    throw new BerthError("lab.failed", `The history was not measured: ${stdout}`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
