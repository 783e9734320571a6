/** `berth test`: lint, types, unit and integration tests; installs what they need. Ends with 'N passed, N failed'. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Command, InvalidArgumentError } from "commander";
import { execa } from "execa";
import * as z from "zod";
import { repository } from "../demo/controller.ts";
import { ensurePackages, requireSuitableMachine } from "../host/packages.ts";

/** What integration tests start beside the lab: a Docker engine, a registry, sshd, PostgreSQL, Prometheus, disks, a browser. */
const debianPackages = [
  "docker.io",
  "docker-registry",
  "iptables",
  "nftables",
  "busybox-static",
  "openssh-server",
  "postgresql",
  "prometheus",
  "e2fsprogs",
  "chromium",
] as const;

interface Count {
  passed: number;
  failed: number;
  skipped: number;
  /** What failed and the beginning of why, to be told once more at the end of a long output. */
  failures: readonly string[];
  /** Names of those that passed at the second attempt only, and why they failed at the first. */
  flaky: readonly string[];
  /** Names of those that were not begun, since the time was over. */
  outOfTime: readonly string[];
}

const reportSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      /** Why a file could not be run at all; empty otherwise. */
      message: z.string(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullable() }),
      ),
    }),
  ),
});

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (minutes > 0) return minutes;
  throw new InvalidArgumentError("It must be a number of minutes.");
}

interface Options {
  unit?: boolean;
  patient?: boolean;
  /** Minutes. */
  within?: number;
}

const program = new Command("berth test")
  .description("Runs lint, types, unit tests and integration tests, and installs what they need.")
  .argument("[filter...]", "only test files whose path contains this")
  .option("--unit", "only what needs neither root nor the lab")
  .option("--within <minutes>", "begin no integration test later than this, and name what was left out", parseMinutes)
  .option("--patient", "also what takes minutes and shows little that the others do not")
  .addHelpText("after", "\nExamples:\n  ./berth test\n  ./berth test --unit\n  ./berth test packages/agent")
  .action(async (filter: string[], { unit, patient, within }: Options) => {
    if (patient === true) process.env["BERTH_TEST_PATIENT"] = "1";
    if (within !== undefined) process.env["BERTH_TEST_UNTIL"] = String(Date.now() + within * 60_000);
    if (unit !== true) {
      await requireSuitableMachine();
      await ensurePackages(debianPackages, (line) => process.stderr.write(`${line}\n`));
    }
    const counts: Count[] = [];
    if (filter.length === 0) {
      counts.push(await check("lint", ["oxlint", "--deny-warnings"]));
      counts.push(await check("format", ["oxfmt", "--check"]));
      counts.push(await check("types", ["turbo", "run", "types", "--output-logs=errors-only"]));
    }
    // One after the other: beside anything else, the instances of a fleet starve on two slow cores.
    for (const project of unit === true ? ["unit"] : ["unit", "integration", "fleet"]) {
      counts.push(await runTests(project, filter));
    }
    summarize(counts);
  });

/** Says what came of it, and ends with the exit code that this means. */
function summarize(counts: readonly Count[]): void {
  for (const failure of counts.flatMap(({ failures }) => failures)) {
    process.stdout.write(`\nFailed: ${failure}`);
  }
  for (const name of counts.flatMap(({ flaky }) => flaky)) {
    process.stdout.write(`\nPassed at the second attempt only: ${name}`);
  }
  for (const name of counts.flatMap(({ outOfTime }) => outOfTime)) {
    process.stdout.write(`\nNot begun in time: ${name}`);
  }
  const total = (key: "passed" | "failed" | "skipped") => counts.reduce((sum, count) => sum + count[key], 0);
  process.stdout.write(
    `\n${total("passed")} passed, ${total("failed")} failed${total("skipped") > 0 ? `, ${total("skipped")} skipped` : ""}\n`,
  );
  process.exitCode = total("failed") > 0 || total("passed") === 0 ? 1 : 0;
}

/** A check counts as one test. */
async function check(name: string, [file, ...parameters]: [string, ...string[]]): Promise<Count> {
  process.stdout.write(`\n== ${name}\n`);
  const { exitCode } = await execa(file, parameters, {
    cwd: repository,
    stdio: ["ignore", "inherit", "inherit"],
    reject: false,
    env: { TURBO_TELEMETRY_DISABLED: "1" },
  });
  const nothing = { skipped: 0, flaky: [], outOfTime: [] };
  return exitCode === 0
    ? { ...nothing, passed: 1, failed: 0, failures: [] }
    : { ...nothing, passed: 0, failed: 1, failures: [name] };
}

async function runTests(project: string, filter: readonly string[]): Promise<Count> {
  process.stdout.write(`\n== ${project} tests\n`);
  const directory = await mkdtemp(join(tmpdir(), "berth-test-"));
  const report = join(directory, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { exitCode } = await execa(
    "vitest",
    ["run", "--project", project, "--passWithNoTests", ...reporters, ...filter],
    { cwd: repository, stdio: ["ignore", "inherit", "inherit"], reject: false },
  );
  try {
    const counted = reportSchema.parse(JSON.parse(await readFile(report, "utf8")));
    // A file that fails to load, or an error outside of any test, has no test to fail.
    const extra = exitCode !== 0 && counted.numFailedTests === 0 ? 1 : 0;
    const { numPassedTests: passed, numFailedTests } = counted;
    const failures = failuresOf(counted);
    const statuses = counted.testResults.flatMap(({ assertionResults }) =>
      assertionResults.map(({ status }) => status),
    );
    const skipped = statuses.filter((status) => status !== "passed" && status !== "failed").length;
    return {
      passed,
      failed: numFailedTests + extra,
      skipped,
      failures: extra > 0 && failures.length === 0 ? [`the ${project} tests, outside of any test`] : failures,
      flaky: flakyOf(counted),
      outOfTime: outOfTimeOf(counted),
    };
  } catch {
    process.stderr.write(`The ${project} tests left no report (exit code ${exitCode ?? "none"})\n`);
    const failures = [`the ${project} tests, which left no report`];
    return { passed: 0, failed: 1, skipped: 0, failures, flaky: [], outOfTime: [] };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A file that could not be run at all has a message of its own and no test. */
function failuresOf({ testResults }: z.output<typeof reportSchema>): string[] {
  const files = testResults.filter(({ status, message }) => status === "failed" && message !== "");
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(({ status }) => status === "failed").map((test) => ({ ...test, name })),
  );
  return [
    ...files.map(({ name, message }) => toldOf(relative(repository, name), message)),
    ...tests.map(({ name, fullName, failureMessages }) =>
      toldOf(`${relative(repository, name)}: ${fullName}`, ...(failureMessages ?? [])),
    ),
  ];
}

/** Of each attempt: the second may fail of nothing but what the first has left. */
function toldOf(what: string, ...reasons: readonly string[]): string {
  const lines = reasons.flatMap((why) =>
    stripVTControlCharacters(why)
      .split("\n")
      .filter((line) => !line.includes("/node_modules/"))
      .slice(0, 8),
  );
  return [what, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** What has passed and failed before. */
function flakyOf({ testResults }: z.output<typeof reportSchema>): string[] {
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status, failureMessages }) => status === "passed" && (failureMessages ?? []).length > 0)
    .map(({ fullName, failureMessages }) => toldOf(fullName, ...(failureMessages ?? [])));
}

/** What the timed runner did not begin; what leaves itself out is `skipped`. */
function outOfTimeOf({ testResults }: z.output<typeof reportSchema>): string[] {
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "pending")
    .map(({ fullName }) => fullName);
}

await program.parseAsync();
