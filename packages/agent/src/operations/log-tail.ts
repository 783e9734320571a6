/** The last log lines of a container, for the error of one that failed. */
import { toBerthError } from "@berth/shared/errors";
import type { Engine } from "../docker/engine.ts";
import { EngineAway } from "../docker/errors.ts";
import { FrameReader } from "../docker/frames.ts";

const tailLines = 20;
const longestLine = 500;
const readMilliseconds = 5_000;

/**
 * Redacted; cut to what a person reads. One line that says so where the log cannot be read: that must not take the place
 * of the failure that it is to explain. Throws EngineAway.
 */
export async function logTail(engine: Engine, id: string, redact: (line: string) => string): Promise<string[]> {
  try {
    return lastLines(await readTail(engine, id)).map((line) => redact(line).slice(0, longestLine));
  } catch (error) {
    if (error instanceof EngineAway) throw error;
    return [`(its log could not be read: ${toBerthError(error).message})`];
  }
}

async function readTail(engine: Engine, id: string): Promise<string> {
  const signal = AbortSignal.timeout(readMilliseconds);
  const parts: Buffer[] = [];
  const reader = new FrameReader((_, data) => parts.push(data));
  const stream = await engine.logs(id, { follow: false, tail: tailLines, timestamps: false, signal });
  for await (const chunk of stream) reader.write(chunk);
  return Buffer.concat(parts).toString("utf8");
}

/** A container that is started again and again says the same each time: once is enough. */
export function lastLines(text: string): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return withoutRepeats(lines.slice(-tailLines));
}

/** Without what is said twice in a row at the end, be it one line or several. */
function withoutRepeats(lines: readonly string[]): string[] {
  for (let length = 1; length <= lines.length / 2; length += 1) {
    const last = lines.slice(-length);
    const before = lines.slice(-2 * length, -length);
    if (last.every((line, index) => line === before[index])) return withoutRepeats(lines.slice(0, -length));
  }
  return [...lines];
}
