/** What the agent says of itself and its node when it connects. */
import type { AgentMessage } from "@berth/shared/protocol/messages";
import { protocolVersion } from "@berth/shared/protocol/version";
import { type HostFacts, nodeFacts } from "../facts.ts";
import type { Journal } from "../journal/journal.ts";
import type { NodeMeter } from "../metrics/node-meter.ts";
import { agentVersion } from "../version.ts";

export interface Introduction {
  node: string;
  /** Of this process. */
  bootId: string;
  hostFacts: HostFacts;
  dockerVersion: string | null;
  meter: Pick<NodeMeter, "cores" | "memoryLimitBytes" | "mounts">;
  operations: Journal["operations"];
}

export function hello(introduction: Introduction): Extract<AgentMessage, { type: "hello" }> {
  const { node, bootId, hostFacts, dockerVersion, meter, operations } = introduction;
  const limits = {
    cores: meter.cores,
    memoryBytes: meter.memoryLimitBytes(),
    cgroupVersion: meter.mounts.version,
  };
  const journal = operations.unacknowledged().flatMap(({ id, state }) => {
    return state === "acknowledged" ? [] : [{ id, state }];
  });
  return {
    type: "hello",
    protocol: protocolVersion,
    agentVersion,
    node,
    bootId,
    clock: Date.now(),
    facts: nodeFacts(hostFacts, limits, dockerVersion),
    journal,
  };
}
