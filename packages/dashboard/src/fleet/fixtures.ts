/** Plausible values for unit tests. */
import type { Run, RunState, Step } from "@berth/shared/api/runs";
import type { InstanceStatus, NodeStatus } from "@berth/shared/api/status";

const moment = "2026-11-24T06:00:00.000Z";

export function nodeOf(name: string, changes: Partial<NodeStatus> = {}): NodeStatus {
  return {
    name,
    address: "10.0.6.11",
    state: "online",
    agentVersion: "0.1.0",
    outdated: false,
    lastSeen: moment,
    clockSkewMilliseconds: 4,
    facts: null,
    vmid: 111,
    ...changes,
  };
}

export function instanceOf(name: string, node: string, changes: Partial<InstanceStatus> = {}): InstanceStatus {
  return {
    name,
    service: "n8n",
    node,
    tenant: "user1",
    state: "healthy",
    version: "2.41.3",
    drift: [],
    ports: [5678],
    containers: [
      {
        name,
        id: "4f1d",
        image: "n8nio/n8n:2.41.3",
        imageId: "sha256:1",
        state: "running",
        startedAt: moment,
        restarts: 0,
      },
    ],
    ...changes,
  };
}

export function stepOf(id: string, changes: Partial<Step> = {}): Step {
  const [kind = "", target = ""] = id.split("/");
  return {
    id,
    kind,
    node: "user1",
    target,
    change: "create",
    reason: "not there yet",
    after: [],
    state: "waiting",
    attempt: 1,
    startedAt: null,
    endedAt: null,
    progress: null,
    error: null,
    ...changes,
  };
}

export function runOf(id: number, state: RunState, steps: Step[] = []): Run {
  const counts = { waiting: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
  for (const step of steps) counts[step.state] += 1;
  return { id, kind: "apply", account: "admin", state, createdAt: moment, endedAt: null, counts, steps };
}
