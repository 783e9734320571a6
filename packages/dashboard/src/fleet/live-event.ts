import { liveEvents } from "@berth/shared/api/live";
import * as z from "zod";

const liveEventSchema = z.discriminatedUnion("event", [
  z.object({ event: z.literal("status"), data: liveEvents.status }),
  z.object({ event: z.literal("node"), data: liveEvents.node }),
  z.object({ event: z.literal("node.gone"), data: liveEvents["node.gone"] }),
  z.object({ event: z.literal("instance"), data: liveEvents.instance }),
  z.object({ event: z.literal("instance.gone"), data: liveEvents["instance.gone"] }),
  z.object({ event: z.literal("run"), data: liveEvents.run }),
  z.object({ event: z.literal("run.change"), data: liveEvents["run.change"] }),
  z.object({ event: z.literal("run.phases"), data: liveEvents["run.phases"] }),
  z.object({ event: z.literal("log"), data: liveEvents.log }),
  z.object({ event: z.literal("alerts"), data: liveEvents.alerts }),
  z.object({ event: z.literal("samples"), data: liveEvents.samples }),
]);

export type LiveEvent = z.output<typeof liveEventSchema>;

/**
 * One event of the live stream. `undefined`: a kind this page does not know, which a newer controller may send.
 * Throws when a kind it knows has another shape.
 */
export function parseLiveEvent(event: string, data: string): LiveEvent | undefined {
  if (!Object.hasOwn(liveEvents, event)) return undefined;
  return liveEventSchema.parse({ event, data: JSON.parse(data) });
}
