import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { type Argv, runCommand } from "../host/command.ts";

export interface TarRequest {
  /** Folder that becomes the root of the archive. */
  root: string;
  /** Paths below `root`, without a leading slash. */
  members: readonly string[];
  /** Whether a folder among the members brings along what is in it. */
  recursive: boolean;
  file: string;
}

const tarDeadlineMs = 300_000;

/** Same content, same bytes: entries sorted, times and owners' names dropped. Members are read from standard input. */
export function tarArgv(request: Pick<TarRequest, "root" | "recursive" | "file">): Argv {
  return [
    "tar",
    "--create",
    `--file=${request.file}`,
    `--directory=${request.root}`,
    "--format=gnu",
    "--sort=name",
    "--mtime=@0",
    "--numeric-owner",
    request.recursive ? "--recursion" : "--no-recursion",
    "--null",
    "--verbatim-files-from",
    "--files-from=-",
  ];
}

/** Writes an archive whose bytes depend on content, modes and owners only. */
export async function writeTar(request: TarRequest): Promise<void> {
  const members = [...new Set(request.members)].toSorted();
  await runCommand(tarArgv(request), {
    input: members.map((member) => `${member}\0`).join(""),
    deadlineMs: tarDeadlineMs,
  });
}

/** "sha256:…" of a file, as registries name what they hold. */
export async function digestOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return `sha256:${hash.digest("hex")}`;
}

export function digestOfBytes(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
