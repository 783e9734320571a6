/** Gives each message of a welcome agent to the room that it is for. */
import type { AgentMessage } from "@berth/shared/protocol/messages";
import type { SampleRing } from "../metrics/sample-ring.ts";
import type { Authority } from "./authority/authority.ts";
import { Budget } from "./connection/budget.ts";
import type { Connection, Receiver } from "./connection/connection.ts";
import type { Hello } from "./connection/handshake.ts";
import { readMessage } from "./connection/read-message.ts";
import { ProtocolViolation } from "./connection/violation.ts";
import type { RateLimit } from "./enrolment/rate-limit.ts";
import type { Dispatcher } from "./operations/dispatcher.ts";
import { toKnownError } from "./operations/outcome.ts";
import type { Observer } from "./operations/observer.ts";
import { receiveEvents, type AgentEventsOptions } from "./state/agent-events.ts";
import { ClockSkew } from "./state/clock-skew.ts";
import type { NoteEvent } from "./state/history.ts";
import type { Disks } from "./state/disks.ts";
import type { Observed } from "./state/observed.ts";
import type { Presence } from "./state/presence.ts";
import type { Streams } from "./streams/streams.ts";
import type { AgentStore } from "./store.ts";
import type { Clock } from "./clock.ts";
import type { HubEvents } from "./types.ts";

export interface Rooms {
  store: AgentStore;
  authority: Authority;
  clock: Clock;
  announce: <K extends keyof HubEvents>(name: K, ...values: HubEvents[K]) => void;
  dispatcher: Dispatcher;
  observer: Observer;
  observed: Observed;
  streams: Streams;
  presence: Pick<Presence, "sampled">;
  ring: SampleRing;
  disks: Disks;
  renewals: RateLimit;
  note: NoteEvent;
}

/** Events that one node may add to the fleet's history; beyond it, its socket is read slower. */
const eventsBudget = { burst: 5000, perSecond: 50 };
const longestHoldMilliseconds = 5000;

/** The receiver of one connection, from its `welcome` on. */
export function createRouter(connection: Connection, hello: Hello, rooms: Rooms): Receiver {
  const { node } = connection.identity;
  const budget = new Budget(eventsBudget);
  let wasObserved = false;
  const connectedAt = rooms.clock.now();
  const skew = new ClockSkew(hello.clock - connectedAt);
  const eventOptions: AgentEventsOptions = {
    ...rooms,
    logger: connection.logger,
    onEvent: (_connection, event, record) => {
      // What was buffered before this connection is older than a state that was read during it.
      if (event.at - skew.milliseconds >= connectedAt || !wasObserved) rooms.observed.apply(node, event.body);
      rooms.announce("event", record);
    },
  };

  /** Reads on when the work is done, so that a peer cannot pile up work. */
  function inTurn(work: Promise<void>): void {
    const release = connection.hold();
    work
      .catch((error: unknown) => connection.logger.error({ node, err: error }, "a message could not be handled"))
      .finally(release);
  }

  function route(message: AgentMessage): void {
    switch (message.type) {
      case "hello":
        throw new ProtocolViolation("A second hello");
      case "accepted":
      case "progress":
        rooms.dispatcher.onProgress(connection, message);
        break;
      case "result":
        inTurn(rooms.dispatcher.onResult(connection, message));
        break;
      case "observation":
        if (!rooms.observer.onObservation(connection, message)) break;
        wasObserved = true;
        rooms.observed.replace(node, message.observation);
        break;
      case "events":
        connection.holdFor(Math.min(longestHoldMilliseconds, budget.spend(message.events.length)));
        inTurn(receiveEvents(connection, message, eventOptions));
        break;
      case "samples": {
        const newest = message.batch.frames.reduce((latest, { at }) => Math.max(latest, at), Number.NEGATIVE_INFINITY);
        if (Number.isFinite(newest)) skew.follow(newest, rooms.clock.now());
        const samples = rooms.ring.add(node, message.batch, skew.milliseconds);
        if (samples !== undefined) rooms.announce("samples", samples);
        // What was kept while the controller was away tells of then.
        if (newest - skew.milliseconds >= connectedAt)
          rooms.presence.sampled(connection, message.batch.running ?? null);
        break;
      }
      case "filesystems":
        rooms.announce("disks", rooms.disks.takeFileSystems(node, message.fileSystems, rooms.clock.now()));
        break;
      case "volumes":
        rooms.disks.takeVolumes(node, message.volumes, skew.milliseconds);
        break;
      case "stream.data":
        rooms.streams.onData(connection, message);
        break;
      case "stream.taken":
        rooms.streams.onTaken(connection, message);
        break;
      case "stream.end":
        rooms.streams.onEnd(connection, message);
        break;
      case "upgrade.failed":
        rooms.announce("upgrade.failed", { node, error: toKnownError(message.error) });
        break;
      case "certificate.request":
        inTurn(renew(connection, message.csr, rooms));
        break;
    }
  }

  return (value) => route(readMessage(value));
}

/** A new certificate for the same enrolment. The older one stays good until it expires. */
async function renew(connection: Connection, csr: string, rooms: Rooms): Promise<void> {
  const { node, enrolment } = connection.identity;
  const { authority, store, clock, renewals, note } = rooms;
  if (!renewals.take(node)) {
    note(node, "agent.refused", "The agent asks for certificates too often");
    return;
  }
  const { certificate, serial, notAfter } = await authority.issueAgentCertificate({ csr, node });
  await store.addCertificate({ serial, node, enrolment, issuedAt: clock.now(), notAfter });
  connection.send({ type: "certificate", certificate });
  note(node, "certificate.renewed", "The agent's certificate was renewed", {
    notAfter: new Date(notAfter).toISOString(),
  });
}
