/** The runner's handlers for everything that agents perform. */
import { createHash } from "node:crypto";
import { BerthError } from "@berth/shared/errors";
import type { AgentOperationKind } from "@berth/shared/operations/index";
import type { OperationContext, OperationHandler, OperationHandlers } from "../runs/handlers.ts";
import type { Hub } from "./types.ts";

export function createAgentHandlers(hub: Pick<Hub, "dispatch">): Pick<OperationHandlers, AgentOperationKind> {
  return {
    "image.ensure": performOnNode(hub, "image.ensure"),
    "instance.ensure": performOnNode(hub, "instance.ensure"),
    "instance.remove": performOnNode(hub, "instance.remove"),
  };
}

function performOnNode<K extends AgentOperationKind>(hub: Pick<Hub, "dispatch">, kind: K): OperationHandler<K> {
  return async (context: OperationContext<K>) => {
    const { operationId, attempt, input, node, deadlineSeconds, signal, log } = context;
    if (node === null) throw new BerthError("internal", `${kind} names no node to perform it`);
    return hub.dispatch({
      node,
      id: attemptId(operationId, attempt),
      kind,
      input,
      deadlineSeconds,
      signal,
      onProgress: ({ line, fraction }) => log(line, fraction),
    });
  };
}

/**
 * The id of one attempt. A retry is another performance, so it needs another id; an attempt that is carried on after a
 * restart of the controller has to find its outcome under the id it had. So the id follows from the two.
 */
export function attemptId(operationId: string, attempt: number): string {
  const bytes = createHash("sha256").update(`${operationId}/${attempt}`).digest().subarray(0, 16);
  // Version 8 and the variant of RFC 9562: a UUID of one's own making.
  bytes[6] = (bytes.readUInt8(6) & 0x0f) | 0x80;
  bytes[8] = (bytes.readUInt8(8) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
