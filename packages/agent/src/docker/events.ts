/** Docker's event stream: lines of JSON. */
import * as z from "zod";
import type { DockerEvent } from "./engine.ts";
import { labels } from "./labels.ts";

/** Those that change what runs or how. Left out: exec, attach, resize and the like, which health checks cause. */
export const watchedActions = ["start", "die", "destroy", "update", "rename", "stop", "pause", "unpause", "oom"];

const eventSchema = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()) }),
  timeNano: z.number(),
});

export function parseEvent(line: string): DockerEvent {
  const { Action: action, Actor: actor, timeNano } = eventSchema.parse(JSON.parse(line));
  return {
    action,
    id: actor.ID,
    name: actor.Attributes.name ?? "",
    instance: actor.Attributes[labels.instance],
    at: Math.floor(timeNano / 1e6),
  };
}

/** Splits chunks of text into whole lines. */
export async function* lines(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    rest += chunk.toString();
    let end = rest.indexOf("\n");
    while (end !== -1) {
      if (end > 0) yield rest.slice(0, end);
      rest = rest.slice(end + 1);
      end = rest.indexOf("\n");
    }
  }
  if (rest.length > 0) yield rest;
}
