/** What rules find of nodes, instances, backups, certificates and receivers. Pure. */
import type { InstanceStatus, OwnerBackups } from "@berth/shared/api/status";
import type { EffectiveRule } from "@berth/shared/fleet/alert-rules";
import { controllerOwner } from "../recovery/store.ts";
import { formatTime } from "./duration-text.ts";
import type { Condition, Finding } from "./finding.ts";
import { instanceLabels, isExpected, nodeLabels, ownerLabels } from "./labels.ts";
import type { Restarts } from "./readings.ts";
import type { AlertView } from "./view.ts";

export function nodesGone(rule: EffectiveRule, view: AlertView): Finding[] {
  return view.status.nodes.flatMap(({ name, state }): Finding[] => {
    // One that was never there, or is being made, is not gone.
    if (state !== "online" && state !== "offline") return [];
    return [
      {
        ...{ rule, subject: name, labels: nodeLabels(name, view), value: null },
        condition: state === "offline" ? "bad" : "good",
        summary: `The agent of ${name} is not connected`,
        description: "The node is off, cut off, or its agent does not run: `systemctl status berth-agent` there.",
      },
    ];
  });
}

export function instancesUnhealthy(rule: EffectiveRule, view: AlertView): Finding[] {
  return instancesOf(view).map((instance) => ({
    ...{ rule, subject: instance.name, labels: instanceLabels(instance), value: null },
    condition: healthOf(instance, view),
    summary: `${instance.name} on ${instance.node} is ${instance.state}`,
    description: `\`berth logs ${instance.name}\` may say why.`,
  }));
}

/** One whose node is away is unknown: that is an alert of its own. A run that fails is told by whoever waits for it. */
function healthOf({ name, state }: InstanceStatus, { atWork }: AlertView): Condition {
  if (state === "healthy") return "good";
  return state === "unknown" || atWork.has(name) ? "unknown" : "bad";
}

export function drifting(rule: EffectiveRule, view: AlertView): Finding[] {
  return instancesOf(view).map((instance) => ({
    ...{ rule, subject: instance.name, labels: instanceLabels(instance), value: instance.drift.length },
    condition:
      instance.state === "unknown" || view.atWork.has(instance.name)
        ? "unknown"
        : conditionOf(instance.drift.length > 0),
    summary: `${instance.name} on ${instance.node} is not as the fleet file says: ${instance.drift.join(", ")}`,
    description: "`berth apply` makes it so again, and says what keeps it from that.",
  }));
}

export function containersRestarting(rule: EffectiveRule, view: AlertView): Finding[] {
  const { within = 0, above } = rule;
  const most = above !== undefined && "value" in above ? above.value : 0;
  return instancesOf(view).flatMap((instance) =>
    instance.containers.map(({ name }): Finding => {
      const seen = view.restarts(instance.node, name, within);
      const count = seen?.count ?? 0;
      return {
        ...{ rule, subject: `${instance.node}/${name}`, labels: { ...instanceLabels(instance), container: name } },
        value: seen?.count ?? null,
        condition: instance.state === "unknown" ? "unknown" : restartsCondition(seen, most),
        summary: `${name} on ${instance.node} keeps restarting: ${count} times within ${formatTime(within)}`,
        description: `\`berth logs ${instance.name}\` says what it did last.`,
      };
    }),
  );
}

/** What was seen is enough where it is a lot; that it was little is known only after the whole time. */
function restartsCondition(seen: Restarts | null, most: number): Condition {
  if (seen === null) return "unknown";
  return seen.count > most ? "bad" : seen.isWhole ? "good" : "unknown";
}

export function containersOutOfMemory(rule: EffectiveRule, view: AlertView): Finding[] {
  const { within = 0 } = rule;
  return instancesOf(view).flatMap((instance) =>
    instance.containers.map(({ name }): Finding => {
      const isShort = view.outOfMemory(instance.node, name, within);
      const isUnknown = isShort === null || instance.state === "unknown";
      return {
        ...{ rule, subject: `${instance.node}/${name}`, labels: { ...instanceLabels(instance), container: name } },
        value: null,
        condition: isUnknown ? "unknown" : conditionOf(isShort),
        summary: `${name} on ${instance.node} used up its memory, and the kernel ended a process in it`,
        description: "`memory` in the fleet file gives it more.",
      };
    }),
  );
}

export function backupsLate(rule: EffectiveRule, view: AlertView): Finding[] {
  return owners(view).map(({ owner, lateSince }) => ({
    ...{ rule, subject: owner, labels: ownerLabels(owner, view), value: null },
    condition: conditionOf(lateSince !== null),
    summary: `The backup of ${owner} that was due is not there`,
    description: "`berth backup list` says whose are late, `berth run list` what became of them.",
  }));
}

export function backupsFailed(rule: EffectiveRule, view: AlertView): Finding[] {
  return owners(view).map(({ owner, failed }) => ({
    ...{ rule, subject: owner, labels: ownerLabels(owner, view), value: null },
    condition: conditionOf(failed !== null),
    summary: `The last backup of ${owner} ${failed?.state === "lost" ? "is not in its repository any more" : "came to nothing"}`,
    description: "`berth run list` says what it met; `berth backup create` tries again.",
  }));
}

/** The controller's own is opened when it is made: there is no unproven one. */
export function backupsUnproven(rule: EffectiveRule, view: AlertView): Finding[] {
  const { within = 0 } = rule;
  return (view.backups?.backups ?? []).flatMap((owner): Finding[] => {
    if (owner.newest === null) return [];
    const age = owner.provenAt === null ? null : (view.now - Date.parse(owner.provenAt)) / 1000;
    return [
      {
        ...{ rule, subject: owner.owner, labels: ownerLabels(owner.owner, view), value: age },
        condition: conditionOf(age === null || age > within),
        summary:
          age === null
            ? `No backup of ${owner.owner} was ever proven by a restore`
            : `No backup of ${owner.owner} was proven by a restore for ${formatTime(age)}`,
        description: `\`berth backup drill ${owner.owner}\` restores it into throw-away stores.`,
        // One that is new has as long as those that were proven before.
        ...(age === null ? { for: Math.max(rule.for, within) } : {}),
      },
    ];
  });
}

export function certificatesEnding(rule: EffectiveRule, view: AlertView): Finding[] {
  const { within = 0 } = rule;
  return view.certificates.map(({ certificate, node, notAfter }) => {
    const left = (notAfter - view.now) / 1000;
    const whose = {
      agent: `of the agent of ${node ?? ""}`,
      server: "of the controller",
      authority: "of the authority",
    };
    return {
      rule,
      subject: node === null ? certificate : `${certificate}/${node}`,
      labels: { certificate, ...(node === null ? {} : nodeLabels(node, view)) },
      value: left,
      condition: conditionOf(left < within),
      summary: `The certificate ${whose[certificate]} ${left > 0 ? `ends in ${formatTime(left)}` : "has ended"}`,
      description:
        "It should have been renewed by itself: the log of the controller, or of the agent, says what failed.",
    };
  });
}

export function undelivered(rule: EffectiveRule, view: AlertView): Finding[] {
  return view.receivers.map(({ receiver, error }) => ({
    ...{ rule, subject: receiver, labels: { receiver }, value: null },
    condition: conditionOf(error !== null),
    summary: `Alerts do not reach the receiver ${receiver}: ${error ?? ""}`,
    description: `\`berth alert test ${receiver}\` says what it answers now.`,
  }));
}

function instancesOf(view: AlertView) {
  return view.status.instances.filter((instance) => isExpected(instance, view));
}

function owners({ backups }: AlertView) {
  if (backups === null) return [];
  const { lateSince, failed } = backups.controllerBackup;
  const own = { owner: controllerOwner, lateSince, failed: failed && { state: "failed" as const } };
  return [
    ...backups.backups.map(({ owner, lateSince: late, failed: last }: OwnerBackups) => ({
      owner,
      lateSince: late,
      failed: last,
    })),
    own,
  ];
}

function conditionOf(isBad: boolean): Condition {
  return isBad ? "bad" : "good";
}
