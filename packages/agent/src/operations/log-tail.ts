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

/** Each once, where it stands last: a container that is started again and again says the same each time. */
export function lastLines(text: string): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return [...new Set(lines.slice(-tailLines).toReversed())].toReversed();
}
