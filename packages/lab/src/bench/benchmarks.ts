import { benchmarkAgentWeight } from "./agent-weight.ts";
import { benchmarkBackup } from "./backup.ts";
import { benchmarkDeploy } from "./deploy.ts";
import type { Bench } from "./fleet.ts";
import { benchmarkHistory } from "./history.ts";
import { benchmarkIngest } from "./ingest.ts";
import { benchmarkMetrics } from "./metrics.ts";
import { benchmarkPage } from "./page.ts";
import { benchmarkReapply } from "./reapply.ts";
import type { BenchmarkResult } from "./result.ts";
import { benchmarkStart } from "./start.ts";
import { benchmarkTenants } from "./tenants.ts";
import { benchmarkUpgradeBatches } from "./upgrade-batches.ts";
import { benchmarkUpgradeGap } from "./upgrade-gap.ts";

/** Every benchmark by name, in the order they run: those that need a quiet machine before the whole fleet is made. */
export const benchmarks: Record<string, (bench: Bench) => Promise<BenchmarkResult[]>> = {
  start: benchmarkStart,
  history: benchmarkHistory,
  ingest: benchmarkIngest,
  page: benchmarkPage,
  deploy: benchmarkDeploy,
  metrics: benchmarkMetrics,
  "agent-weight": benchmarkAgentWeight,
  "upgrade-gap": benchmarkUpgradeGap,
  backup: benchmarkBackup,
  reapply: benchmarkReapply,
  tenants: benchmarkTenants,
  "upgrade-batches": benchmarkUpgradeBatches,
};
