/**
 * How fast Berth backs up a PostgreSQL database, against `pg_dump -Fc` piped into the same restic by hand on the same
 * node; what the agent takes for it, and what a second backup of unchanged data sends. BERTH_BENCH_DATABASE_MB makes the
 * database another size.
 */
import { readFile, writeFile } from "node:fs/promises";
import { listBackups } from "@berth/shared/api/backups";
import { runSchema } from "@berth/shared/api/runs";
import { restic } from "@berth/shared/backups/restic";
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import type { AttachedGuest } from "../containers/attach.ts";
import { quoted } from "./deploy-script.ts";
import { type Bench, type BenchFleet, seconds } from "./fleet.ts";
import { applyBackedUp, backupDirectory, node } from "./fleets.ts";
import { guestProcesses, isAgent } from "./guest-processes.ts";
import { median, result, type BenchmarkResult } from "./result.ts";
import { removeWatched } from "./watched-containers.ts";

const megabytes = Number(process.env["BERTH_BENCH_DATABASE_MB"] ?? "512");
/** One of 2 GB takes minutes, and is less moved by chance. */
const rounds = megabytes > 1000 ? 1 : 3;
const workDeadlineMs = 1_800_000;
const database = "user1_n8n";
const subject = "user1-n8n";
const byHandDirectory = `${backupDirectory}/by-hand`;
const bytesPerRow = 1000;

export async function benchmarkBackup({ fleet: open, say }: Bench): Promise<BenchmarkResult[]> {
  const fleet = await open();
  say("backup: a node with PostgreSQL and n8n");
  await applyBackedUp(fleet);
  const guest = await fleet.guest(node.address);
  await removeWatched(guest);
  // What is made once is made: the repository, and what is pulled for it.
  await backUp(fleet);
  const figures: Round[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const figure = await measureRound(fleet, guest, round);
    figures.push(figure);
    say(`backup: round ${round} of ${rounds}, Berth ${seconds(figure.berth)}, by hand ${seconds(figure.byHand)}`);
  }
  await removeFilling(guest);
  const of = (name: keyof Round): number => median(figures.map((figure) => figure[name]));
  const scope = `${megabytes} MB`;
  return [
    result({
      name: "backup",
      value: of("byHand") / of("berth"),
      unit: "× the throughput by hand",
      goal: 0.8,
      better: "higher",
      detail: `${scope}: Berth ${seconds(of("berth"))}, pg_dump -Fc | restic ${seconds(of("byHand"))}`,
    }),
    result({
      name: "backup-memory",
      value: Math.max(...figures.map(({ peak }) => peak)) / 1e6,
      unit: "MB more at its peak",
      goal: 100,
      better: "lower",
      detail: `${scope}: the agent's resident memory while it is backed up, over what it had before`,
    }),
    result({
      name: "backup-again",
      value: of("addedAgain") / of("added"),
      unit: "× the bytes of the first",
      goal: 0.1,
      better: "lower",
      detail: `${scope}, unchanged: ${kilobytes(of("added"))} sent at first, then ${kilobytes(of("addedAgain"))}`,
    }),
  ];
}

interface Round {
  /** Milliseconds. */
  berth: number;
  byHand: number;
  /** Bytes. */
  peak: number;
  added: number;
  addedAgain: number;
}

async function measureRound(fleet: BenchFleet, guest: AttachedGuest, round: number): Promise<Round> {
  await fill(guest, `${round}-${Date.now()}`);
  const byHand = await backUpByHand(fleet, guest);
  const agent = (await guestProcesses(guest.init)).find(isAgent);
  if (agent === undefined) throw new BerthError("lab.failed", "No agent runs on the node");
  const before = await forgetPeak(agent.pid);
  const first = await backUp(fleet);
  const peak = (await memory(agent.pid, "VmHWM")) - before;
  const second = await backUp(fleet);
  return { berth: first.milliseconds, byHand, peak, added: first.added, addedAgain: second.added };
}

/** Gives the database of n8n a table of that size, of text that compresses to about half. */
async function fill(guest: AttachedGuest, seed: string): Promise<void> {
  await removeFilling(guest);
  const text = `(SELECT string_agg(md5('${seed}' || i || '-' || j), '') FROM generate_series(1, 30) j)`;
  const rows = Math.round((megabytes * 1e6) / bytesPerRow);
  await psql(guest, `CREATE TABLE filling AS SELECT i, ${text} AS text FROM generate_series(1, ${rows}) i`);
}

async function removeFilling(guest: AttachedGuest): Promise<void> {
  await psql(guest, "DROP TABLE IF EXISTS filling");
}

/** As the login of the instance, which is who backs it up. */
async function psql(guest: AttachedGuest, statement: string): Promise<void> {
  const client = ["docker", "exec", "shared-postgres", "psql", "-U", "postgres", "-d", database, "-qAtc"] as const;
  await guest.run([...client, `SET ROLE ${database}; ${statement}`], { deadlineMs: workDeadlineMs });
}

/** Both programs as containers of the same images, as Berth has them; the repository is new. */
async function backUpByHand({ lab }: BenchFleet, guest: AttachedGuest): Promise<number> {
  const engine = [
    ...["docker", "run", "--rm", "--interactive", "--env", "RESTIC_PASSWORD=bench"],
    ...["--env", `RESTIC_REPOSITORY=${byHandDirectory}`, "--volume", `${backupDirectory}:${backupDirectory}`],
    `${lab.registry}/restic/restic:${restic.version}`,
  ];
  const dump = ["docker", "exec", "shared-postgres", "pg_dump", "-Fc", "-U", "postgres", database];
  const script = [
    "set -eu",
    `rm -rf ${byHandDirectory}`,
    `${quoted([...engine, "init"])} >/dev/null`,
    "begun=$(date +%s%N)",
    `${quoted(dump)} | ${quoted([...engine, "backup", "--quiet", "--stdin", "--stdin-filename", "dump"])} >/dev/null`,
    "echo $((($(date +%s%N) - begun) / 1000000))",
    `rm -rf ${byHandDirectory}`,
  ];
  return Number(await guest.run(["sh", "-c", script.join("\n")], { deadlineMs: workDeadlineMs }));
}

/** Milliseconds of the operation on the node, and the bytes that it has sent. */
async function backUp(fleet: BenchFleet): Promise<{ milliseconds: number; added: number }> {
  const changed = z.object({ run: runSchema });
  const { run } = changed.parse(JSON.parse(await fleet.berth(["backup", "create", subject, "--json"])));
  const step = run.steps.find(({ kind }) => kind === "backup.create");
  const { backups } = listBackups.response.parse(JSON.parse(await fleet.berth(["backup", "list", subject, "--json"])));
  const backup = backups.find((candidate) => candidate.run === run.id);
  if (step?.startedAt == null || step.endedAt === null || backup?.state !== "complete") {
    throw new BerthError("lab.failed", `Run ${run.id} has made no complete backup of ${subject}`);
  }
  const added = backup.parts.flatMap(({ snapshots }) => snapshots).reduce((sum, { addedBytes }) => sum + addedBytes, 0);
  return { milliseconds: Date.parse(step.endedAt) - Date.parse(step.startedAt), added };
}

/** Returns what the process has now, which counts as its peak from here on. */
async function forgetPeak(pid: number): Promise<number> {
  await writeFile(`/proc/${pid}/clear_refs`, "5");
  return memory(pid, "VmRSS");
}

async function memory(pid: number, what: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(String.raw`^${what}:\s+(\d+) kB$`, "m").exec(status)?.[1]) * 1024;
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`;
}
