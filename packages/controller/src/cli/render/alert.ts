/** Alerts, silences and receivers as tables. Pure. */
import type { Alert, AlertReceiverStatus, Silence, TestAlertsResult } from "@berth/shared/api/alerts";
import type { RenderOptions } from "../define-command.ts";
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { formatAge, formatDuration } from "./time.ts";

export function activeAlertLines(alerts: readonly Alert[], { style, fit, now }: RenderOptions): string[] {
  if (alerts.length === 0) return [style.green("Nothing is amiss.")];
  return table(
    alerts,
    [
      { title: "STATE", value: stateWord, paint: (text, alert) => statePaint(alert, style)(text) },
      { title: "RULE", value: ({ rule }) => rule },
      { title: "FOR", value: ({ since }) => formatDuration(now - Date.parse(since)), align: "right" },
      { title: "TOLD", value: ({ told }) => told.join(","), leaveOut: 1 },
      { title: "WHAT", value: ({ summary }) => summary, cutTo: 30 },
    ],
    style,
    fit,
  );
}

export function recentAlertLines(alerts: readonly Alert[], { style, fit, now }: RenderOptions): string[] {
  if (alerts.length === 0) return [];
  const rows = table(
    alerts,
    [
      { title: "OVER", value: ({ endedAt }) => (endedAt === null ? null : formatAge(endedAt, now)), align: "right" },
      { title: "RULE", value: ({ rule }) => rule },
      { title: "LASTED", value: lastedText, align: "right", leaveOut: 1 },
      { title: "WHAT", value: ({ summary }) => summary, cutTo: 30 },
    ],
    style,
    fit,
  );
  return ["", ...rows];
}

/** Only of those that nothing reaches: what works needs no line. */
export function receiverLines(receivers: readonly AlertReceiverStatus[], { style }: RenderOptions): string[] {
  if (receivers.length === 0) {
    return ["", "Nobody is told: the fleet file names no receivers (alerts.receivers; docs/alerts.md)."];
  }
  const failing = receivers.flatMap(({ name, problem }) =>
    problem === null
      ? []
      : [`${style.yellow("warning:")} nothing reaches the receiver ${printableLine(name)}: ${printableLine(problem)}`],
  );
  return failing.length === 0 ? [] : ["", ...failing];
}

export function testResultLines(results: readonly TestAlertsResult[], { style, fit }: RenderOptions): string[] {
  return table(
    results,
    [
      { title: "RECEIVER", value: ({ receiver }) => receiver },
      {
        title: "MESSAGE",
        value: ({ delivered }) => (delivered ? "delivered" : "failed"),
        paint: (text, { delivered }) => (delivered ? style.green(text) : style.red(text)),
      },
      { title: "TOOK", value: ({ milliseconds }) => formatDuration(milliseconds, true), align: "right" },
      { title: "ANSWER", value: ({ answer }) => answer, cutTo: 60 },
    ],
    style,
    fit,
  );
}

export function silenceLines(silences: readonly Silence[], { style, fit, now }: RenderOptions): string[] {
  if (silences.length === 0) return ["No silences. `berth alert silence` makes one."];
  return table(
    silences,
    [
      { title: "ID", value: ({ id }) => id, align: "right" },
      { title: "OF", value: ({ matchers }) => matcherText(matchers) },
      { title: "LEFT", value: ({ endsAt }) => formatDuration(Date.parse(endsAt) - now), align: "right" },
      { title: "BY", value: ({ account }) => account, leaveOut: 1 },
      { title: "WHY", value: ({ comment }) => comment, cutTo: 20 },
    ],
    style,
    fit,
  );
}

/** `node user1, rule drift` */
export function matcherText(matchers: Silence["matchers"]): string {
  return Object.entries(matchers)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${printableLine(value)}`]))
    .join(", ");
}

function stateWord({ state, severity, silencedBy, wellSince }: Alert): string {
  if (state !== "firing") return state;
  if (silencedBy.length > 0) return "silenced";
  return wellSince === null ? severity : "well";
}

function statePaint(alert: Alert, style: Style): (text: string) => string {
  const word = stateWord(alert);
  if (word === "critical") return style.red;
  return word === "warning" ? style.yellow : style.dim;
}

function lastedText({ firedAt, since, endedAt }: Alert): string | null {
  return endedAt === null ? null : formatDuration(Date.parse(endedAt) - Date.parse(firedAt ?? since));
}
