/** What each frame costs the processor on the page's main thread, as Chromium's tracing tells it: what else the machine does is not in it. */
import type { CDPSession } from "playwright-core";
import * as z from "zod";

const frameName = "ProxyMain::BeginMainFrame";
const eventSchema = z.object({
  name: z.literal(frameName),
  tdur: z.number().describe("Microseconds of the processor"),
});

/** Milliseconds of each frame that was made during `work`. */
export async function traceFrames(session: CDPSession, work: () => Promise<void>): Promise<number[]> {
  const found: number[] = [];
  const onData = ({ value }: { value: unknown[] }) => {
    for (const event of value) {
      const frame = eventSchema.safeParse(event);
      if (frame.success) found.push(frame.data.tdur / 1000);
    }
  };
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  session.on("Tracing.dataCollected", onData);
  session.once("Tracing.tracingComplete", () => resolve());
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["cc"] } });
  try {
    await work();
  } finally {
    await session.send("Tracing.end");
    await complete;
    session.off("Tracing.dataCollected", onData);
  }
  return found;
}
