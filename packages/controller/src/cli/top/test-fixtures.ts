import type { LiveSamples } from "@berth/shared/api/live";
import type { Status } from "@berth/shared/api/status";
import { instanceStatus, nodeStatus } from "../testing/fixtures.ts";

const mib = 1024 ** 2;

/** One tenant's two instances on its node, one shared instance of two containers, and a node that is away. */
export const fleet: Status = {
  fleet: "valuechain",
  nodes: [
    nodeStatus({ name: "shared" }),
    nodeStatus({ name: "user1" }),
    nodeStatus({ name: "user2", state: "offline" }),
  ],
  instances: [
    instanceStatus({ name: "shared-langfuse", service: "langfuse", node: "shared", tenant: null }),
    instanceStatus({ name: "user1-n8n" }),
    instanceStatus({ name: "user1-flowise", service: "flowise", state: "starting" }),
    instanceStatus({ name: "user2-n8n", node: "user2", tenant: "user2", state: "unknown" }),
  ],
};

/** CPU cores, memory and its limit in MiB, four rates, processes. */
function container([cores, memory, limit, ...others]: [number, number, number, ...number[]]): number[] {
  return [cores, memory * mib, limit * mib, ...others];
}

function node(cores: number, memory: number): number[] {
  return [cores, memory * mib, 4096 * mib, 0, 10, 20, 30, 40, 0, 0];
}

export const sharedSamples: LiveSamples = {
  node: "shared",
  containers: [
    { name: "shared-langfuse", instance: "shared-langfuse" },
    { name: "shared-langfuse-worker", instance: "shared-langfuse" },
    { name: "somebody-elses", instance: "somebody-elses" },
  ],
  frames: [
    {
      at: 1000,
      node: node(1, 2048),
      containers: [
        container([0.25, 512, 1024, 100, 1, 0, 0, 5]),
        container([0.5, 256, 1024, 0, 2, 0, 0, 6]),
        container([0.01, 8, 0, 0, 0, 0, 0, 1]),
      ],
    },
  ],
};

export const user1Samples: LiveSamples = {
  node: "user1",
  containers: [
    { name: "user1-n8n", instance: "user1-n8n" },
    { name: "user1-flowise", instance: "user1-flowise" },
  ],
  frames: [{ at: 1000, node: node(0.6, 900), containers: [container([0.3, 700, 768, 0, 0, 9, 9, 20]), null] }],
};
