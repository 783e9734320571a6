/** What a command writes, whole however slowly it is read. */
import { PassThrough, type Readable } from "node:stream";

/** Docker drops what is left two seconds after the command's end (moby, daemon/monitor.go). */
const lookMilliseconds = 250;

/**
 * `source`, no faster than it is read while the command runs. Once that has ended all is taken that is left, which is
 * little: what Docker's own buffers hold, some 1.3 MB.
 */
export function commandOutput(source: Readable, hasEnded: () => Promise<boolean>): Readable {
  const output = new PassThrough();
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    isOver = await hasEnded();
    if (isOver) source.resume();
    else if (source.isPaused() && !source.destroyed) lookLater();
  }
  function lookLater(): void {
    clearTimeout(timer);
    timer = setTimeout(() => void look().catch((error: Error) => output.destroy(error)), lookMilliseconds);
  }

  source.on("data", (chunk: Buffer) => {
    if (output.write(chunk) || isOver) return;
    source.pause();
    lookLater();
  });
  output.on("drain", () => source.resume());
  source.on("end", () => output.end());
  source.on("error", (error) => output.destroy(error));
  source.on("close", () => {
    clearTimeout(timer);
    if (!output.writableEnded) output.destroy();
  });
  output.on("close", () => source.destroy());
  return output;
}
