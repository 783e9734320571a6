import type { EventEmitter } from "node:events";
import { BerthError } from "@berth/shared/errors";
import type { Presence } from "./state/presence.ts";
import type { HubEvents, NodePresence } from "./types.ts";

export interface WaitOnlineRequest {
  node: string;
  presence: Presence;
  events: EventEmitter<HubEvents>;
  timeoutMilliseconds: number;
  signal: AbortSignal | undefined;
}

/** Resolves as soon as the node is online. @throws BerthError node.offline, cancelled */
export async function waitOnline(request: WaitOnlineRequest): Promise<NodePresence> {
  const { node, presence, events, timeoutMilliseconds, signal } = request;
  const { promise, resolve, reject } = Promise.withResolvers<NodePresence>();
  const onNode = (now: NodePresence) => {
    if (now.node === node && now.state === "online") resolve(now);
  };
  const onAbort = () => reject(new BerthError("cancelled", `Waiting for node '${node}' was cancelled`));
  const timer = setTimeout(() => reject(notOnline(node, timeoutMilliseconds)), timeoutMilliseconds);
  events.on("node", onNode);
  signal?.addEventListener("abort", onAbort);
  try {
    if (signal?.aborted === true) onAbort();
    const now = presence.get(node);
    if (now !== undefined) onNode(now);
    return await promise;
  } finally {
    clearTimeout(timer);
    events.off("node", onNode);
    signal?.removeEventListener("abort", onAbort);
  }
}

function notOnline(node: string, milliseconds: number): BerthError {
  return new BerthError("node.offline", `The agent of node '${node}' did not connect within ${milliseconds / 1000} s`, {
    hint: "Look whether the node runs, and at 'journalctl -u berth-agent' there.",
  });
}
