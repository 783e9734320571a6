/** What happened in the stand-in's fleet. */
import type { Event } from "@berth/shared/api/events";

const minute = 60_000;

/** Newest first. */
export function makeEvents(now: number): Event[] {
  const happened: [minutesAgo: number, event: Pick<Event, "kind" | "node" | "instance" | "message">][] = [
    [2, { kind: "agent.connected", node: "user2", instance: null, message: "The agent of user2 connected" }],
    [
      9,
      {
        ...{ kind: "outOfMemory", node: "user1", instance: "user1-n8n" },
        message: "user1-n8n used up its memory, and the kernel ended a process in it",
      },
    ],
    [
      61,
      {
        ...{ kind: "drift", node: "user1", instance: "user1-flowise" },
        message: "user1-flowise departed from its specification (container user1-flowise is missing): mended",
      },
    ],
  ];
  return happened.map(([minutesAgo, event], index) => {
    const at = new Date(now - minutesAgo * minute).toISOString();
    return { id: happened.length - index, at, recordedAt: at, ...event };
  });
}
