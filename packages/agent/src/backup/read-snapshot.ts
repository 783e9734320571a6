/** `restic dump`: one file of a snapshot, whose every part restic checks against its hash. */
import type { Restic } from "./restic.ts";

/** Reads it once to its end, so that a damaged snapshot is known before anything is touched. */
export async function verifySnapshot(
  restic: Restic,
  snapshot: string,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  await restic.runQuietly(["dump", snapshot, `/${file}`], { signal });
}

/** Gives `consume` its bytes. They end only when restic has succeeded; otherwise reading them throws. */
export async function readSnapshot<T>(
  restic: Restic,
  snapshot: string,
  file: string,
  signal: AbortSignal,
  consume: (content: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  return restic.process(["dump", snapshot, `/${file}`], { signal }, async (tool) => {
    tool.stdin.end();
    async function* content(): AsyncGenerator<Buffer> {
      yield* tool.stdout;
      await restic.settle("dump", tool, "");
    }
    return consume(content());
  });
}

/** Restores all of a snapshot into a volume, below the path that it was read at. */
export async function restoreVolume(
  restic: Restic,
  snapshot: string,
  volume: string,
  signal: AbortSignal,
): Promise<void> {
  const target = "/target";
  const mounts = [{ source: { volume }, path: target, readOnly: false }];
  await restic.run(["restore", snapshot, "--target", target], { mounts, signal });
}
