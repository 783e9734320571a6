import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type { AgentMessage } from "@berth/shared/protocol/messages";
import { pino } from "pino";
import { expect, it } from "vitest";
import type { ContainerSummary, Engine } from "../docker/engine.ts";
import { Streams } from "./streams.ts";

it("follows so many containers at once, and more once others have ended", async () => {
  const names = Array.from({ length: 150 }, (_, index) => `shared-many-${index}`);
  const engine = {
    listContainers: async () => names.map((name) => ({ id: name, name }) as ContainerSummary),
    inspectContainer: async () => ({ startedAt: "then" }),
    logs: async () => new Readable({ read: () => undefined }),
  } as unknown as Engine;
  const sent: AgentMessage[] = [];
  const send = async (message: AgentMessage): Promise<void> => void sent.push(message);
  const streams = new Streams({ engine, send, log: pino({ level: "silent" }) });
  const open = (): string => {
    const id = randomUUID();
    const options = { follow: true, tail: 0, timestamps: false, allContainers: true as const };
    streams.openLogs({ type: "logs.open", id, instance: "shared-many", ...options });
    return id;
  };
  const isSent = (id: string): boolean => sent.some((message) => "id" in message && message.id === id);
  const ended = (id: string): Promise<void> => expect.poll(() => isSent(id)).toBe(true);

  const first = open();
  const second = open();
  await ended(second);
  expect(sent).toMatchObject([
    { id: second, error: { code: "conflict", message: "This node already serves 150 logs of containers." } },
  ]);
  streams.close(first);
  await ended(first);
  const third = open();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(sent.map((message) => "id" in message && message.id)).toEqual([second, first]);
  streams.close(third);
  await ended(third);
});
