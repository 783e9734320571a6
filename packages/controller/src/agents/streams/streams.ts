/** Logs and exec: streams that pass through the hub, each bounded, none able to hold up another. */
import { randomUUID } from "node:crypto";
import { BerthError } from "@berth/shared/errors";
import type { AgentMessageOf } from "@berth/shared/protocol/messages";
import { knows, type ProtocolVersion } from "@berth/shared/protocol/version";
import type { Connection } from "../connection/connection.ts";
import { toKnownError } from "../operations/outcome.ts";
import type { ExecRequest, ExecStream, LogsRequest, LogStream } from "../types.ts";
import { AgentStream, type StreamOptions, windowBytes } from "./stream.ts";

const maxStreamsPerNode = 64;

export class Streams {
  readonly #streams = new Map<string, AgentStream>();

  openLogs(connection: Connection, request: LogsRequest, agent: ProtocolVersion | null | undefined): LogStream {
    const { container, ...rest } = request;
    const one = container === undefined ? { allContainers: true as const } : { container };
    const stream = this.#open(connection, { hasWindow: false, hasInputWindow: false });
    connection.send({ type: "logs.open", id: stream.id, ...rest, ...(knows(3, agent) ? one : {}) });
    return stream;
  }

  openExec(connection: Connection, request: ExecRequest, agent: ProtocolVersion | null | undefined): ExecStream {
    const hasWindow = knows(1, agent);
    const stream = this.#open(connection, { hasWindow, hasInputWindow: knows(2, agent) });
    const window = hasWindow ? { windowBytes } : {};
    connection.send({ type: "exec.open", id: stream.id, ...request, ...window });
    return stream;
  }

  onData(connection: Connection, { id, container, channel, data }: AgentMessageOf<"stream.data">): void {
    this.#find(connection, id)?.onData({ container, channel, data: Buffer.from(data, "base64") });
  }

  onTaken(connection: Connection, { id, bytes }: AgentMessageOf<"stream.taken">): void {
    this.#find(connection, id)?.onTaken(bytes);
  }

  onEnd(connection: Connection, { id, exitCode, error }: AgentMessageOf<"stream.end">): void {
    this.#find(connection, id)?.onEnd(exitCode, error === undefined ? undefined : toKnownError(error));
  }

  onDisconnected(connection: Connection): void {
    const { node } = connection.identity;
    for (const stream of this.#of(connection)) {
      stream.onEnd(null, new BerthError("node.offline", `The connection to node '${node}' was lost`));
    }
  }

  #open(connection: Connection, windows: Omit<StreamOptions, "onEnd">): AgentStream {
    if (this.#of(connection).length >= maxStreamsPerNode) {
      const message = `Node '${connection.identity.node}' has ${maxStreamsPerNode} open streams already`;
      throw new BerthError("rate.limited", message, { hint: "Close some logs or shells of this node first." });
    }
    const id = randomUUID();
    const stream = new AgentStream(id, connection, { ...windows, onEnd: () => this.#streams.delete(id) });
    this.#streams.set(id, stream);
    return stream;
  }

  /** Only the connection that a stream was opened on can feed it. */
  #find(connection: Connection, id: string): AgentStream | undefined {
    const stream = this.#streams.get(id);
    return stream?.connection === connection ? stream : undefined;
  }

  #of(connection: Connection): AgentStream[] {
    return [...this.#streams.values()].filter((stream) => stream.connection === connection);
  }
}
