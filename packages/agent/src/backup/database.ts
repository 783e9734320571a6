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
const psql = ["psql", "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1"] as const;

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

/** What psql prints of a script, values alone, a row to a line. */
export async function queryDatabase(
  { tools, ensureImage }: DatabaseTools,
  source: DatabaseSource,
  signal: AbortSignal,
  script: string,
): Promise<string> {
  await ensureImage(source.image, signal);
  const argv = [...psql, "--no-align", "--tuples-only"] as const;
  return withTool(tools, postgresTool(source, argv), signal, async (tool) => {
    // One that ends before it has read all says why by its exit code.
    const fed = write(tool.stdin, script).then(
      () => tool.stdin.end(),
      () => undefined,
    );
    const [output] = await Promise.all([readAll(tool.stdout), fed]);
    await settle(tool, "psql", source);
    return output;
  });
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Everything that the login owns goes, and what the dump holds comes, in one transaction. What was made since the dump
 * would otherwise stay, and keep what it refers to from being replaced. The commit is sent when the dump has been read
 * to its end, so that whatever is cut off changes nothing. `onScript` sees the statements that are carried out.
 */
export async function restoreDatabase(
  { tools, ensureImage }: DatabaseTools,
  source: DatabaseSource,
  signal: AbortSignal,
  dump: AsyncIterable<Buffer>,
  onScript: (chunk: Buffer) => void = () => undefined,
): Promise<void> {
  await ensureImage(source.image, signal);
  const toScript = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--file=-"] as const;
  await withTool(tools, postgresTool(source, psql), signal, (performer) =>
    withTool(tools, postgresTool(source, toScript), signal, async (script) => {
      try {
        await Promise.all([feed(script, dump), carryOut(performer, script, source, onScript), drain(performer.stdout)]);
      } catch (error) {
        throw await causeOf(error, performer, source);
      }
      await settle(performer, "psql", source);
    }),
  );
}

async function feed(script: Tool, dump: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of dump) await write(script.stdin, chunk);
  script.stdin.end();
}

async function carryOut(
  performer: Tool,
  script: Tool,
  source: DatabaseSource,
  onScript: (chunk: Buffer) => void,
): Promise<void> {
  const begin = `BEGIN;\nSET LOCAL lock_timeout = '${lockWait}';\nDROP OWNED BY CURRENT_USER CASCADE;\n`;
  await write(performer.stdin, begin);
  for await (const chunk of script.stdout) {
    onScript(chunk);
    await write(performer.stdin, chunk);
  }
  await settle(script, "pg_restore", source);
  performer.stdin.end("\nCOMMIT;\n");
}

/** psql ends at the first error, and its input then breaks: that error is the reason. */
async function causeOf(error: unknown, performer: Tool, source: DatabaseSource): Promise<unknown> {
  if (error instanceof BerthError || !/ERROR|FATAL|could not/.test(performer.stderr)) return error;
  return databaseError("psql", await performer.exitCode(), performer.stderr, source);
}

async function settle(tool: Tool, program: string, source: DatabaseSource): Promise<void> {
  const code = await tool.exitCode();
  if (code !== 0) throw databaseError(program, code, tool.stderr, source);
}

/** `program`: "pg_dump". Something that is another role's fails however often it is tried. */
export function databaseError(
  program: string,
  code: number,
  stderr: string,
  { database, host, port }: Pick<DatabaseSource, "database" | "host" | "port">,
): BerthError {
  const line = stderr.split("\n").find((text) => /error|fatal|could not/i.test(text)) ?? stderr.trim();
  const message = `${program} of the database ${database} at ${host}:${port} ended with exit code ${code}: ${line.slice(0, 300)}`;
  if (/permission denied for/i.test(line)) {
    return new BerthError("forbidden", message, {
      hint: `It belongs to another role than the instance's own: made by hand, as a superuser? ALTER TABLE … OWNER TO gives it to the role that owns the database ${database}.`,
    });
  }
  return new BerthError("store.failed", message, {
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
