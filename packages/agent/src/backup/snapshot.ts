/** `restic backup`: of a volume, or of what somebody writes to it. */
import { BerthError } from "@berth/shared/errors";
import { lines } from "../docker/events.ts";
import type { Tool, ToolMount } from "../docker/tools.ts";
import { mebibytes, type Report, throttled } from "./progress.ts";
import { exitCodes } from "./restic-errors.ts";
import { isVanished, parseMessage, type ResticSummary } from "./restic-messages.ts";
import type { Restic } from "./restic.ts";
import { write } from "./tool.ts";

/** Where a volume is in its snapshot. */
export const volumePath = "/source";

export interface SnapshotOptions {
  restic: Restic;
  signal: AbortSignal;
  report: Report;
  /** Whose data it is: restic finds the snapshot before by it. */
  host: string;
  tags: readonly string[];
}

export type SnapshotSummary = Pick<ResticSummary, "snapshot_id" | "total_files_processed" | "total_bytes_processed"> & {
  added: number;
};

/** All files of a volume. `isLive`: its instance runs, and files may vanish. */
export async function snapshotVolume(
  options: SnapshotOptions,
  volume: string,
  isLive: boolean,
): Promise<SnapshotSummary> {
  const mounts: ToolMount[] = [{ source: { volume }, path: volumePath, readOnly: true }];
  return backup(options, [volumePath], mounts, async (tool) => {
    tool.stdin.end();
    return isLive;
  });
}

/** What `produce` writes, as one file. When it throws there is no snapshot. */
export async function snapshotStream(
  options: SnapshotOptions,
  file: string,
  produce: (write: (chunk: Buffer) => Promise<void>) => Promise<void>,
): Promise<SnapshotSummary> {
  let bytes = 0;
  const report = throttled(options.report);
  const summary = await backup(options, ["--stdin", "--stdin-filename", file], [], async (tool) => {
    await produce(async (chunk) => {
      bytes += chunk.length;
      report({ line: `${file}: ${mebibytes(bytes)}` });
      await write(tool.stdin, chunk);
    });
    tool.stdin.end();
    return false;
  });
  if (summary.total_bytes_processed === bytes) return summary;
  const message = `restic has kept ${summary.total_bytes_processed} of ${bytes} bytes of ${file}.`;
  throw new BerthError("backup.damaged", message, { hint: "Try again: what was kept is not counted as a backup." });
}

/** `feed` gives it its input, and tells whether files may be missing. */
async function backup(
  { restic, signal, report, host, tags }: SnapshotOptions,
  what: readonly string[],
  mounts: readonly ToolMount[],
  feed: (tool: Tool) => Promise<boolean>,
): Promise<SnapshotSummary> {
  const tagArgs = tags.flatMap((tag) => ["--tag", tag]);
  const args = ["backup", "--json", "--host", host, ...tagArgs, ...what] as const;
  return restic.process(args, { mounts, signal }, async (tool) => {
    const [mayLackFiles, told] = await Promise.all([
      feed(tool).catch((error: unknown) => failedFeed(restic, tool, error)),
      listen(restic, tool, throttled(report)),
    ]);
    const code = await tool.exitCode();
    const isWhole = code === 0 || (code === exitCodes.incomplete && mayLackFiles && told.onlyVanished);
    if (!isWhole || told.summary === undefined) throw restic.error("backup", code, `${told.errors}\n${tool.stderr}`);
    const { data_added_packed: packed, data_added: added } = told.summary;
    return { ...told.summary, added: packed ?? added };
  });
}

interface Told {
  summary: ResticSummary | undefined;
  errors: string;
  onlyVanished: boolean;
}

const longestErrors = 16 * 1024;
/** restic says every two seconds how far it is; it tries a target that fails again for a quarter of an hour. */
const stallMilliseconds = 10 * 60_000;
/** What trying again does not mend, while the instance may be stopped. */
const hopeless = /no space left on device|disk quota exceeded/i;

async function listen(restic: Restic, tool: Tool, report: Report): Promise<Told> {
  let done = -1;
  let changedAt = performance.now();
  const told: Told = { summary: undefined, errors: "", onlyVanished: true };
  for await (const line of lines(tool.stdout)) {
    if (hopeless.test(tool.stderr)) throw restic.error("backup", 1, tool.stderr);
    const message = parseMessage(line);
    if (message?.message_type === "summary") told.summary = message;
    if (message?.message_type === "error") {
      told.errors = `${told.errors}${message.item}: ${message.error.message}\n`.slice(-longestErrors);
      told.onlyVanished &&= isVanished(message);
    }
    if (message?.message_type === "status" && message.bytes_done !== done) {
      done = message.bytes_done;
      changedAt = performance.now();
    }
    if (performance.now() - changedAt > stallMilliseconds) throw stalled(tool);
    if (message?.message_type === "status" && message.percent_done > 0) {
      report({ line: `${mebibytes(message.bytes_done)} read`, fraction: Math.min(1, message.percent_done) });
    }
  }
  return told;
}

function stalled(tool: Tool): BerthError {
  const last = tool.stderr.trim().split("\n").at(-1) ?? "";
  const message = `restic backup got no further for ${stallMilliseconds / 60_000} minutes. ${last.slice(0, 300)}`;
  return new BerthError("store.failed", message.trim(), {
    hint: "Does the backup target answer, and is it fast enough?",
  });
}

/** When restic has ended by itself, that is the reason why it could not be written to. */
async function failedFeed(restic: Restic, tool: Tool, error: unknown): Promise<never> {
  if (error instanceof BerthError) throw error;
  const code = await tool.exitCode();
  if (code !== 0) throw restic.error("backup", code, tool.stderr);
  throw error;
}
