/** Questions for a node's present state. */
import { randomUUID } from "node:crypto";
import { BerthError } from "@berth/shared/errors";
import type { AgentMessageOf } from "@berth/shared/protocol/messages";
import type { Observation } from "@berth/shared/protocol/state";
import type { Connection } from "../connection/connection.ts";

interface Question {
  connection: Connection;
  resolve: (observation: Observation) => void;
  reject: (error: BerthError) => void;
}

export class Observer {
  readonly #questions = new Map<string, Question>();

  async observe(connection: Connection, timeoutMilliseconds: number): Promise<Observation> {
    const { node } = connection.identity;
    const id = randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<Observation>();
    const timer = setTimeout(() => reject(tooLate(node, timeoutMilliseconds)), timeoutMilliseconds);
    this.#questions.set(id, { connection, resolve, reject });
    try {
      connection.send({ type: "observe", id });
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#questions.delete(id);
    }
  }

  /** False: nobody asked. */
  onObservation(connection: Connection, { id, observation }: AgentMessageOf<"observation">): boolean {
    const question = this.#questions.get(id);
    if (question?.connection !== connection) return false;
    question.resolve(observation);
    return true;
  }

  onDisconnected(connection: Connection): void {
    for (const question of this.#questions.values()) {
      if (question.connection === connection) question.reject(disconnected(connection.identity.node));
    }
  }
}

function tooLate(node: string, milliseconds: number): BerthError {
  return new BerthError("deadline.exceeded", `Node '${node}' did not say its state within ${milliseconds} ms`, {
    hint: "Its Docker engine may hang: look at 'docker ps' and 'journalctl -u berth-agent' there.",
  });
}

function disconnected(node: string): BerthError {
  return new BerthError("node.offline", `The connection to node '${node}' was lost while it was asked for its state`, {
    hint: "Try again when the node is online.",
  });
}
