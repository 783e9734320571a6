/** Running a tool: gone whatever becomes of the work, and with it when the operation is aborted. */
import { once } from "node:events";
import type { Writable } from "node:stream";
import type { Tool, ToolEngine, ToolSpec } from "../docker/tools.ts";

export const toolMemoryBytes = 512 * 1024 * 1024;

/** Runs `work` with the tool, which is interrupted before its streams are: a cut input never looks like a whole one. */
export async function withTool<T>(
  tools: ToolEngine,
  spec: ToolSpec,
  signal: AbortSignal,
  work: (tool: Tool) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const tool = await tools.start(spec);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  // Its socket may break at any time; whoever reads, writes or waits is told.
  tool.stdin.on("error", () => undefined);
  try {
    if (signal.aborted) onAbort();
    return await Promise.race([work(tool), aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    await tool.remove();
  }
}

/** Resolves when there is room for more. */
export async function write(sink: Writable, chunk: Uint8Array | string): Promise<void> {
  if (sink.destroyed || sink.writableEnded) throw new Error("the program reads no more");
  if (sink.write(chunk)) return;
  const closed = new AbortController();
  const onClose = (): void => closed.abort(new Error("the program reads no more"));
  sink.once("close", onClose);
  try {
    await once(sink, "drain", { signal: closed.signal });
  } finally {
    sink.off("close", onClose);
  }
}

/** Reads it to its end and keeps nothing. */
export async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const chunk of stream) void chunk;
}
