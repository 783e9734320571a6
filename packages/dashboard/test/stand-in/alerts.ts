/** Alerts as the stand-in has them: a node that is gone, memory near its limit, and one that is over. */
import {
  createSilence,
  endSilence,
  listAlerts,
  testAlerts,
  type Alert,
  type AlertReceiverStatus,
  type Silence,
} from "@berth/shared/api/alerts";

export interface AlertWorld {
  active: Alert[];
  recent: Alert[];
  silences: Silence[];
  receivers: AlertReceiverStatus[];
}

const minute = 60_000;

export function makeAlerts(now: number): AlertWorld {
  const at = (minutesAgo: number) => new Date(now - minutesAgo * minute).toISOString();
  const usual = { endedAt: null, wellSince: null, returns: 0, silencedBy: [], told: ["ops"], value: null };
  const gone: Alert = {
    ...{ ...usual, id: "node-gone/user2@x", rule: "node-gone", severity: "critical", state: "firing" },
    ...{ labels: { node: "user2", tenant: "user2" }, summary: "The agent of user2 is not connected" },
    description: "The node is off, cut off, or its agent does not run: `systemctl status berth-agent` there.",
    ...{ since: at(12), firedAt: at(10) },
  };
  const memory: Alert = {
    ...{
      ...usual,
      id: "container-memory/user1/user1-n8n@x",
      rule: "container-memory",
      severity: "warning",
      returns: 1,
    },
    ...{ labels: { node: "user1", tenant: "user1", service: "n8n", instance: "user1-n8n", container: "user1-n8n" } },
    ...{
      summary: "Memory of user1-n8n on user1: 1.84 GiB, 92 % of 2.00 GiB",
      state: "firing",
      value: 1.84 * 1024 ** 3,
    },
    description: "At its limit the kernel ends processes in it. `memory` in the fleet file gives it more.",
    ...{ since: at(75), firedAt: at(65) },
  };
  const drift: Alert = {
    ...{ ...usual, id: "drift/user3-flowise@x", rule: "drift", severity: "warning", state: "pending", told: [] },
    ...{
      labels: { node: "user3", tenant: "user3", instance: "user3-flowise" },
      description: "`berth apply` mends it.",
    },
    ...{ summary: "user3-flowise on user3 is not as the fleet file says: image", since: at(5), firedAt: null },
  };
  const late: Alert = {
    ...{ ...usual, id: "backup-late/user1@x", rule: "backup-late", severity: "warning", state: "ended" },
    ...{ labels: { owner: "user1", tenant: "user1" }, summary: "The backup of user1 that was due is not there" },
    ...{ description: "", since: at(600), firedAt: at(590), endedAt: at(300) },
  };
  const receiver = { undelivered: 0, nextAttemptAt: null, deliveredAt: at(10), problem: null };
  return {
    ...{ active: [gone, memory, drift], recent: [late], silences: [] },
    receivers: [
      { ...receiver, name: "ops", kind: "webhook" },
      {
        ...receiver,
        name: "mail",
        kind: "email",
        problem: "The mail server mx:587 did not take it: 535",
        deliveredAt: null,
      },
    ],
  };
}

/** undefined: it is none of alerts. */
export function answerAlerts(call: string, world: AlertWorld): unknown {
  const [, ended] = /^DELETE \/api\/alerts\/silences\/(\d+)$/.exec(call) ?? [];
  if (ended !== undefined) {
    const silence = world.silences.find(({ id }) => id === Number(ended));
    world.silences = world.silences.filter((one) => one !== silence);
    return endSilence.response.parse(silence);
  }
  switch (call) {
    case `GET ${listAlerts.path}`:
      return listAlerts.response.parse(world);
    case `POST ${testAlerts.path}`:
      return testAlerts.response.parse({
        results: [{ receiver: "ops", delivered: true, answer: "200 OK: taken", milliseconds: 12 }],
      });
    case `POST ${createSilence.path}`: {
      const [createdAt, endsAt] = [0, 2 * 60].map((minutes) => new Date(Date.now() + minutes * minute).toISOString());
      const silence = { id: 1, matchers: { node: "user2" }, comment: "new disk", account: "admin", createdAt, endsAt };
      world.silences = [createSilence.response.parse(silence)];
      world.active = world.active.map((alert) =>
        alert.labels.node === "user2" ? { ...alert, silencedBy: [1] } : alert,
      );
      return silence;
    }
    default:
      return undefined;
  }
}
