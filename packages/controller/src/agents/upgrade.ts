/** Replacing a node's agent by another version, and saying truthfully which of the two is there afterwards. */
import type { EventEmitter } from "node:events";
import { BerthError } from "@berth/shared/errors";
import type { Connection } from "./connection/connection.ts";
import type { AgentBundle, AgentUpgrade, HubEvents, NodePresence } from "./types.ts";

export interface UpgradeContext {
  connection: Connection;
  before: NodePresence;
  events: EventEmitter<HubEvents>;
  timeoutMilliseconds: number;
}

/** Waits for another process of the agent: the new version, or the old one that came back. @throws the agent's refusal */
export async function upgradeAgent(context: UpgradeContext, bundle: AgentBundle): Promise<AgentUpgrade> {
  const { connection, before, events, timeoutMilliseconds } = context;
  const from = before.agentVersion ?? "unknown";
  if (from === bundle.version) return { from, to: from, changed: false, rolledBack: false };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const onNode = (presence: NodePresence) => {
    const isAnother = presence.node === before.node && presence.state === "online" && presence.bootId !== before.bootId;
    if (isAnother) resolve(presence.agentVersion ?? "unknown");
  };
  const onFailure = (failure: { node: string; error: BerthError }) => {
    if (failure.node === before.node) reject(failure.error);
  };
  const timer = setTimeout(
    () => reject(tooLate(before.node, bundle.version, timeoutMilliseconds)),
    timeoutMilliseconds,
  );
  events.on("node", onNode);
  events.on("upgrade.failed", onFailure);
  try {
    connection.send({ type: "upgrade", ...bundle });
    const to = await promise;
    return { from, to, changed: to !== from, rolledBack: to !== bundle.version };
  } finally {
    clearTimeout(timer);
    events.off("node", onNode);
    events.off("upgrade.failed", onFailure);
  }
}

function tooLate(node: string, version: string, milliseconds: number): BerthError {
  const message = `The agent of node '${node}' did not come back within ${milliseconds / 1000} s of being asked to become ${version}`;
  return new BerthError("deadline.exceeded", message, {
    hint: "It keeps or restores its old version by itself: look at 'journalctl -u berth-agent' there.",
  });
}
