/** The last log lines of a container, for the error of one that failed. */
import type { Engine } from "../docker/engine.ts";
import { FrameReader } from "../docker/frames.ts";

const tailLines = 20;
const longestLine = 500;
const readMilliseconds = 5_000;

/** Redacted; cut to what a person reads. */
export async function logTail(engine: Engine, id: string, redact: (line: string) => string): Promise<string[]> {
  const signal = AbortSignal.timeout(readMilliseconds);
  const parts: Buffer[] = [];
  const reader = new FrameReader((_, data) => parts.push(data));
  const stream = await engine.logs(id, { follow: false, tail: tailLines, timestamps: false, signal });
  for await (const chunk of stream) reader.write(chunk);
  const text = Buffer.concat(parts).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-tailLines)
    .map((line) => redact(line).slice(0, longestLine));
}
