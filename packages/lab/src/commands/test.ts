/** `berth test`: lint, types, unit and integration tests; installs what they need. Ends with 'N passed, N failed'. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { execa } from "execa";
import { z } from "zod";
import { repository } from "../demo/controller.ts";
import { ensurePackages, requireSuitableMachine } from "../host/packages.ts";

/** What integration tests start beside the lab: a Docker engine, a registry, sshd, PostgreSQL, Prometheus, a browser. */
const debianPackages = [
  "docker.io",
  "docker-registry",
  "iptables",
  "nftables",
  "busybox-static",
  "openssh-server",
  "postgresql",
  "prometheus",
  "chromium",
] as const;

interface Count {
  passed: number;
  failed: number;
  skipped: number;
  /** Names of those that passed at the second attempt only. */
  flaky: readonly string[];
}

const reportSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullable() }),
      ),
    }),
  ),
});

const program = new Command("berth test")
  .description("Runs lint, types, unit tests and integration tests, and installs what they need.")
  .argument("[filter...]", "only test files whose path contains this")
  .option("--unit", "only what needs neither root nor the lab")
  .option("--patient", "also what takes minutes and shows little that the others do not")
  .addHelpText("after", "\nExamples:\n  ./berth test\n  ./berth test --unit\n  ./berth test packages/agent")
  .action(async (filter: string[], { unit, patient }: { unit?: boolean; patient?: boolean }) => {
    if (patient === true) process.env["BERTH_TEST_PATIENT"] = "1";
    if (unit !== true) {
      await requireSuitableMachine();
      await ensurePackages(debianPackages, (line) => process.stderr.write(`${line}\n`));
    }
    // The fleet's tests wait for starts and deadlines more than they work.
    const fleet = unit === true ? [] : [runTests("fleet", filter)];
    summarize([...(await checks(filter, unit === true)), ...(await Promise.all(fleet))]);
  });

/** All but the tests of the fleet, one after the other. */
async function checks(filter: readonly string[], unitOnly: boolean): Promise<Count[]> {
  const counts: Count[] = [];
  if (filter.length === 0) {
    counts.push(await check("lint", ["oxlint", "--deny-warnings"]));
    counts.push(await check("format", ["oxfmt", "--check"]));
    counts.push(await check("types", ["turbo", "run", "types", "--output-logs=errors-only"]));
  }
  counts.push(await runTests("unit", filter));
  if (!unitOnly) counts.push(await runTests("integration", filter));
  return counts;
}

/** Says what came of it, and ends with the exit code that this means. */
function summarize(counts: readonly Count[]): void {
  for (const name of counts.flatMap(({ flaky }) => flaky)) {
    process.stdout.write(`\nPassed at the second attempt only: ${name}`);
  }
  const total = (key: Exclude<keyof Count, "flaky">) => counts.reduce((sum, count) => sum + count[key], 0);
  process.stdout.write(
    `\n${total("passed")} passed, ${total("failed")} failed${total("skipped") > 0 ? `, ${total("skipped")} skipped` : ""}\n`,
  );
  process.exitCode = total("failed") > 0 || total("passed") === 0 ? 1 : 0;
}

/** A check counts as one test. */
async function check(name: string, [file, ...parameters]: [string, ...string[]]): Promise<Count> {
  process.stdout.write(`\n== ${name}\n`);
  const exitCode = await printing(file, parameters, { TURBO_TELEMETRY_DISABLED: "1" });
  return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: 0, flaky: [] };
}

async function runTests(project: string, filter: readonly string[]): Promise<Count> {
  process.stdout.write(`\n== ${project} tests\n`);
  const directory = await mkdtemp(join(tmpdir(), "berth-test-"));
  const report = join(directory, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const exitCode = await printing("vitest", [
    "run",
    "--project",
    project,
    "--passWithNoTests",
    ...reporters,
    ...filter,
  ]);
  try {
    const counted = reportSchema.parse(JSON.parse(await readFile(report, "utf8")));
    // A file that fails to load, or an error outside of any test, has no test to fail.
    const extra = exitCode !== 0 && counted.numFailedTests === 0 ? 1 : 0;
    const { numPassedTests: passed, numFailedTests, numPendingTests: skipped } = counted;
    return { passed, failed: numFailedTests + extra, skipped, flaky: flakyOf(counted) };
  } catch {
    process.stderr.write(`The ${project} tests left no report (exit code ${exitCode ?? "none"})\n`);
    return { passed: 0, failed: 1, skipped: 0, flaky: [] };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs a program and prints its lines as they come, whole, since another one may print beside it. */
async function printing(
  file: string,
  parameters: readonly string[],
  env: Record<string, string> = {},
): Promise<number | undefined> {
  const running = execa(file, parameters, {
    cwd: repository,
    stdin: "ignore",
    all: true,
    buffer: false,
    reject: false,
    env: { ...env, ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}) },
  });
  for await (const line of running.iterable({ from: "all" })) process.stdout.write(`${line}\n`);
  return (await running).exitCode;
}

/** What has passed and failed before. */
function flakyOf({ testResults }: z.output<typeof reportSchema>): string[] {
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status, failureMessages }) => status === "passed" && (failureMessages ?? []).length > 0)
    .map(({ fullName }) => fullName);
}

await program.parseAsync();
