/** Sends events in the order of their sequence, from where the controller says it stands. */
import type { AgentEvent } from "@berth/shared/protocol/events";
import type { Outbox } from "../journal/outbox.ts";
import type { Connection } from "./connection.ts";

/** Small enough that a page never comes near the longest message. */
const pageEvents = 250;

export class EventSender {
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  #sent = 0;

  constructor(connection: Connection, outbox: Outbox) {
    this.#connection = connection;
    this.#outbox = outbox;
  }

  /** After welcome: everything that the controller has not stored. */
  backfill(lastSequence: number): void {
    this.#outbox.continueAfter(lastSequence);
    this.#outbox.acknowledge(lastSequence);
    this.#sent = lastSequence;
    for (;;) {
      const events = this.#outbox.after(this.#sent, pageEvents);
      const last = events.at(-1);
      if (last === undefined || !this.#connection.send({ type: "events", events })) return;
      this.#sent = last.sequence;
    }
  }

  /** A new event: sent at once when connected, with the next backfill otherwise. */
  send(event: AgentEvent): void {
    if (this.#connection.send({ type: "events", events: [event] })) this.#sent = event.sequence;
  }
}
