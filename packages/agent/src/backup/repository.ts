/** An owner's repository: there, open to us, and free of locks that nobody holds any more. */
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import { ResourceLocks } from "../operations/locks.ts";
import { exitCodes } from "./restic-errors.ts";
import type { Restic } from "./restic.ts";
import { ensureTargetBucket } from "./target-bucket.ts";
import { drain } from "./tool.ts";

/** restic itself tries for a quarter of an hour. */
const answerMilliseconds = 90_000;
/** By location: two that make one repository at once would leave it with two keys, of which one fits. */
const making = new ResourceLocks();

const snapshotSchema = z.object({ id: z.string(), tags: z.array(z.string()).default([]) });
const snapshotsSchema = z.array(snapshotSchema);
export type RepositorySnapshot = z.output<typeof snapshotSchema>;

/** Makes the repository when there is none, and says clearly what is wrong with it otherwise. */
export async function ensureRepository(restic: Restic, signal: AbortSignal): Promise<void> {
  await ensureTargetBucket(restic.repository);
  if (!(await isThere(restic, signal))) await make(restic, signal);
  await unlock(restic, signal);
}

async function make(restic: Restic, signal: AbortSignal): Promise<void> {
  await making.run(restic.repository.location, signal, async () => {
    if (await isThere(restic, signal)) return;
    await answering(restic, signal, (limited) => restic.run(["init"], { signal: limited }));
  });
}

/** @throws BerthError not-found when there is none */
export async function openRepository(restic: Restic, signal: AbortSignal): Promise<void> {
  if (!(await isThere(restic, signal))) throw restic.error("cat", exitCodes.noRepository, "");
  await unlock(restic, signal);
}

export async function listSnapshots(
  restic: Restic,
  signal: AbortSignal,
  ...args: string[]
): Promise<RepositorySnapshot[]> {
  let text = "";
  await restic.process(["snapshots", "--json", ...args], { signal }, async (tool) => {
    tool.stdin.end();
    for await (const chunk of tool.stdout) text += chunk.toString();
    await restic.settle("snapshots", tool, text);
  });
  return snapshotsSchema.parse(JSON.parse(text));
}

async function isThere(restic: Restic, signal: AbortSignal): Promise<boolean> {
  return answering(restic, signal, (limited) =>
    restic.process(["cat", "config"], { signal: limited }, async (tool) => {
      tool.stdin.end();
      await drain(tool.stdout);
      if ((await tool.exitCode()) === exitCodes.noRepository) return false;
      await restic.settle("cat", tool, "");
      return true;
    }),
  );
}

/** Only locks of processes that have ended, or that were not renewed for half an hour. */
async function unlock(restic: Restic, signal: AbortSignal): Promise<void> {
  await answering(restic, signal, (limited) => restic.runQuietly(["unlock"], { signal: limited }));
}

/** What asks little of a target tells whether it answers at all. */
async function answering<T>(
  { repository }: Restic,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = AbortSignal.timeout(answerMilliseconds);
  try {
    return await ask(AbortSignal.any([signal, late]));
  } catch (error) {
    if (!late.aborted || signal.aborted) throw error;
    const message = `The backup target of ${repository.owner} does not answer within ${answerMilliseconds / 1000} s.`;
    throw new BerthError("store.failed", message, { hint: "Does it run, and does the node reach it?", cause: error });
  }
}
