/** Memory that a drill may take, and has taken. */
import { readFileSync } from "node:fs";
import { BerthError } from "@berth/shared/errors";
import { mebibytes } from "../backup/progress.ts";
import { CgroupFiles } from "../metrics/cgroup-files.ts";
import { type CgroupMounts, parseProcCgroup } from "../metrics/cgroup-paths.ts";

/** What runs on the node comes first. */
export function requireMemory(subject: string, needed: number, available: number): void {
  if (available >= needed) return;
  const message = `The drill of ${subject} takes about ${mebibytes(needed)} of memory, and the node has ${mebibytes(available)} free.`;
  throw new BerthError("conflict", message, {
    hint: "Give the node more memory, or suspend something on it meanwhile. What runs there was not touched.",
  });
}

/** Of the processes' control groups together; what has ended meanwhile counts nothing. */
export function memoryOf(mounts: CgroupMounts, pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + processMemory(mounts, pid), 0);
}

function processMemory(mounts: CgroupMounts, pid: number): number {
  let files: CgroupFiles | undefined;
  try {
    files = new CgroupFiles(mounts, parseProcCgroup(readFileSync(`/proc/${pid}/cgroup`, "latin1")));
    return files.memoryBytes() || 0;
  } catch {
    return 0;
  } finally {
    files?.close();
  }
}
