/** Events of agents: stored once each, whenever and however often they come. */
import type { AgentEvent } from "@berth/shared/protocol/events";
import type { AgentMessageOf } from "@berth/shared/protocol/messages";
import type { Logger } from "pino";
import type { Connection } from "../connection/connection.ts";
import type { AgentEventRecord, AgentStore } from "../store.ts";
import type { Clock } from "../clock.ts";

export interface AgentEventsOptions {
  store: AgentStore;
  clock: Clock;
  logger: Logger;
  /** Each new event, after it was stored */
  onEvent: (connection: Connection, event: AgentEvent, record: AgentEventRecord) => void;
}

/**
 * Stores the batch, answers with the sequence up to which the agent may forget, and passes on what is new. The
 * connection is read no further meanwhile, so batches keep their order and cannot pile up.
 */
export async function receiveEvents(
  connection: Connection,
  { events }: AgentMessageOf<"events">,
  { store, clock, logger, onEvent }: AgentEventsOptions,
): Promise<void> {
  const { node, enrolment } = connection.identity;
  const release = connection.hold();
  try {
    const at = clock.now();
    const bySequence = new Map(events.map((event) => [event.sequence, event]));
    const records = events.map((event) => toRecord(event, { node, enrolment, at }));
    const added = await store.addAgentEvents(records);
    const last = Math.max(...bySequence.keys());
    if (events.length > 0) connection.send({ type: "acknowledge.events", sequence: last });
    for (const record of added) {
      const event = bySequence.get(record.sequence);
      if (event !== undefined) onEvent(connection, event, record);
    }
  } catch (error) {
    logger.error({ node, err: error }, "events were not stored: the agent keeps them and sends them again");
  } finally {
    release();
  }
}

function toRecord(event: AgentEvent, origin: { node: string; enrolment: string; at: number }): AgentEventRecord {
  const { sequence, at: nodeAt, body } = event;
  const { instance, message } = describe(body);
  return { ...origin, sequence, nodeAt, kind: body.kind, instance, message, data: { ...body } };
}

const firewallDrift = { missing: "deleted", altered: "altered" } as const;

/** The event as one sentence. */
function describe(body: AgentEvent["body"]): { instance: string | null; message: string } {
  if (body.kind === "instance.state") {
    const { instance, state, version } = body.instance;
    return { instance, message: `${instance} ${version} is ${state}` };
  }
  if (body.kind === "instance.gone") return { instance: body.name, message: `${body.name} is gone from the node` };
  if (body.kind === "drift") {
    const { instance, what, mended } = body;
    const end = mended ? "mended" : "left as it is";
    return { instance, message: `${instance} departed from its specification (${what.join(", ")}): ${end}` };
  }
  if (body.kind === "firewall") {
    const end = body.mended ? "put in force again" : "left as it is";
    return { instance: null, message: `The firewall's rules were ${firewallDrift[body.drift]}: ${end}` };
  }
  if (body.kind === "outOfMemory") {
    const { instance, container } = body;
    return { instance, message: `${container} used up its memory, and the kernel ended a process in it` };
  }
  return { instance: null, message: body.state === "running" ? "Docker answers" : "Docker does not answer" };
}
