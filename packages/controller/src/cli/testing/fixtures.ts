import type { Run, Step } from "@berth/shared/api/runs";
import type { InstanceStatus, NodeStatus, Status } from "@berth/shared/api/status";
import type { Plan } from "@berth/shared/operations/plan";

export function nodeStatus(changes: Partial<NodeStatus> = {}): NodeStatus {
  return {
    name: "user1",
    address: "10.0.6.11",
    state: "online",
    agentVersion: "0.1.0",
    outdated: false,
    lastSeen: "2026-11-24T06:31:00.000Z",
    clockSkewMilliseconds: 3,
    facts: {
      hostname: "user1",
      os: "Debian GNU/Linux 12 (bookworm)",
      kernel: "6.1.0",
      architecture: "x64",
      cores: 2,
      memoryBytes: 4 * 1024 ** 3,
      dockerVersion: "20.10.24",
      cgroupVersion: 2,
    },
    vmid: 101,
    ...changes,
  };
}

export function instanceStatus(changes: Partial<InstanceStatus> = {}): InstanceStatus {
  return {
    name: "user1-n8n",
    service: "n8n",
    node: "user1",
    tenant: "user1",
    state: "healthy",
    version: "2.41.3",
    drift: [],
    ports: [5678],
    containers: [],
    ...changes,
  };
}

export const status: Status = {
  fleet: "valuechain",
  nodes: [
    nodeStatus({ name: "shared", address: "10.0.6.10", vmid: 100 }),
    nodeStatus({
      name: "user2",
      address: "10.0.6.12",
      state: "offline",
      lastSeen: "2026-11-24T06:29:12.000Z",
      facts: null,
    }),
  ],
  instances: [
    instanceStatus({
      name: "shared-postgres",
      service: "postgres",
      node: "shared",
      tenant: null,
      version: "17.11",
      ports: [5432],
    }),
    instanceStatus({ name: "user2-n8n", node: "user2", tenant: "user2", state: "unknown", drift: ["image"] }),
  ],
};

export function operation(changes: Partial<Plan["operations"][number]> = {}): Plan["operations"][number] {
  return {
    id: "instance.ensure/user1-n8n",
    kind: "instance.ensure",
    change: "create",
    node: "user1",
    target: "user1-n8n",
    reason: "is missing",
    after: [],
    input: {},
    ...changes,
  };
}

export function step(changes: Partial<Step> = {}): Step {
  return {
    id: "instance.ensure/user1-n8n",
    kind: "instance.ensure",
    node: "user1",
    target: "user1-n8n",
    change: "create",
    reason: "is missing",
    after: [],
    state: "waiting",
    attempt: 0,
    startedAt: null,
    endedAt: null,
    progress: null,
    error: null,
    ...changes,
  };
}

/** A run with counts that fit its steps. It began at 06:31:00, twelve seconds before `testTime`. */
export function run(steps: Step[], changes: Partial<Run> = {}): Run {
  const counts = { waiting: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
  for (const { state } of steps) counts[state] += 1;
  return {
    id: 12,
    kind: "apply",
    account: "local",
    state: "running",
    createdAt: "2026-11-24T06:31:00.000Z",
    endedAt: null,
    counts,
    steps,
    ...changes,
  };
}
