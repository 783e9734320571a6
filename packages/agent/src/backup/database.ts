/** A PostgreSQL database, by the server's own pg_dump, pg_restore and psql, as the database's own login. */
import { BerthError } from "@berth/shared/errors";
import type { BackupSource } from "@berth/shared/operations/backup-source";
import type { Tool, ToolEngine, ToolSpec } from "../docker/tools.ts";
import { drain, toolMemoryBytes, withTool, write } from "./tool.ts";

export type DatabaseSource = Extract<BackupSource, { kind: "database" }>;

export interface DatabaseTools {
  tools: ToolEngine;
  ensureImage: (image: string, signal: AbortSignal) => Promise<void>;
}

const lockWait = "60s";

/**
 * Writes the dump. Throws when pg_dump fails, after what came until then. Not compressed: compressed data of two dumps
 * have nothing in common, so restic could not store them once, and it compresses by itself.
 */
export async function dumpDatabase(
  { tools, ensureImage }: DatabaseTools,
  source: DatabaseSource,
  signal: AbortSignal,
  sink: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  await ensureImage(source.image, signal);
  const argv = [
    "pg_dump",
    "--format=custom",
    "--compress=0",
    "--no-password",
    `--lock-wait-timeout=${lockWait}`,
  ] as const;
  await withTool(tools, postgresTool(source, argv), signal, async (dump) => {
    dump.stdin.end();
    for await (const chunk of dump.stdout) await sink(chunk);
    await settle(dump, "pg_dump", source);
  });
}

/**
 * Everything that the login owns goes, and what the dump holds comes, in one transaction. What was made since the dump
 * would otherwise stay, and keep what it refers to from being replaced. The commit is sent when the dump has been read
 * to its end, so that whatever is cut off changes nothing.
 */
export async function restoreDatabase(
  { tools, ensureImage }: DatabaseTools,
  source: DatabaseSource,
  signal: AbortSignal,
  dump: AsyncIterable<Buffer>,
): Promise<void> {
  await ensureImage(source.image, signal);
  const toScript = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--file=-"] as const;
  const perform = ["psql", "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1"] as const;
  await withTool(tools, postgresTool(source, perform), signal, (psql) =>
    withTool(tools, postgresTool(source, toScript), signal, async (script) => {
      try {
        await Promise.all([feed(script, dump), carryOut(psql, script, source), drain(psql.stdout)]);
      } catch (error) {
        throw await causeOf(error, psql, source);
      }
      await settle(psql, "psql", source);
    }),
  );
}

async function feed(script: Tool, dump: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of dump) await write(script.stdin, chunk);
  script.stdin.end();
}

async function carryOut(psql: Tool, script: Tool, source: DatabaseSource): Promise<void> {
  await write(psql.stdin, `BEGIN;\nSET LOCAL lock_timeout = '${lockWait}';\nDROP OWNED BY CURRENT_USER CASCADE;\n`);
  for await (const chunk of script.stdout) await write(psql.stdin, chunk);
  await settle(script, "pg_restore", source);
  psql.stdin.end("\nCOMMIT;\n");
}

/** psql ends at the first error, and its input then breaks: that error is the reason. */
async function causeOf(error: unknown, psql: Tool, source: DatabaseSource): Promise<unknown> {
  if (error instanceof BerthError || !/ERROR|FATAL|could not/.test(psql.stderr)) return error;
  return failure("psql", await psql.exitCode(), psql.stderr, source);
}

async function settle(tool: Tool, program: string, source: DatabaseSource): Promise<void> {
  const code = await tool.exitCode();
  if (code !== 0) throw failure(program, code, tool.stderr, source);
}

function failure(program: string, code: number, stderr: string, { database, host, port }: DatabaseSource): BerthError {
  const line = stderr.split("\n").find((text) => /error|fatal|could not/i.test(text)) ?? stderr.trim();
  const where = `the database ${database} at ${host}:${port}`;
  return new BerthError("store.failed", `${program} of ${where} ended with exit code ${code}: ${line.slice(0, 300)}`, {
    hint: "Does the server run, and is it of the version of its image? Its log says more.",
  });
}

function postgresTool(source: DatabaseSource, argv: ToolSpec["argv"]): ToolSpec {
  return {
    name: argv[0],
    image: source.image,
    argv,
    env: {
      PGHOST: source.host,
      PGPORT: String(source.port),
      PGUSER: source.user,
      PGDATABASE: source.database,
      PGPASSWORD: source.password,
      PGCONNECT_TIMEOUT: "15",
    },
    files: [],
    mounts: [],
    memoryBytes: toolMemoryBytes,
    graceSeconds: 0,
  };
}
