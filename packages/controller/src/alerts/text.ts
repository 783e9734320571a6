/** A message in words, for people. Pure. */
import type { AlertMessage, ToldAlert } from "./messages.ts";

/** For a subject line: what is amiss, or how much. */
export function titleOf({ alerts, fleet }: AlertMessage): string {
  const [first, ...others] = alerts;
  if (first === undefined) return fleet;
  if (others.length === 0) return `${fleet}: ${statusWord(first)}: ${first.summary}`;
  const firing = alerts.filter(({ status }) => status === "firing").length;
  const parts = [
    ...(firing > 0 ? [`${firing} ${firing === 1 ? "alert" : "alerts"}`] : []),
    ...(firing < alerts.length ? [`${alerts.length - firing} over`] : []),
  ];
  return `${fleet}: ${parts.join(", ")}: ${first.summary} (and ${others.length} more)`;
}

/** What is amiss first, and of that what is critical. */
export function linesOf(message: AlertMessage): string[] {
  return inOrder(message.alerts).flatMap((alert) => [
    `${statusWord(alert)}: ${alert.summary}`,
    ...(alert.status === "firing" && alert.description !== "" ? [`  ${alert.description}`] : []),
    `  ${whenWords(alert)}; rule ${alert.rule}`,
  ]);
}

export function inOrder(alerts: readonly ToldAlert[]): ToldAlert[] {
  return alerts.toSorted((one, other) => rank(one) - rank(other));
}

/** How a receiver that takes no more than `length` characters gets it; the page's address is in it in any case. */
export function textOf(message: AlertMessage, length = Infinity, head: readonly string[] = []): string {
  const end = `\n\n${message.url}`;
  return `${shortened([...head, ...linesOf(message)].join("\n"), length - end.length)}${end}`;
}

export function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  // Half of a character that takes two would be none, and is refused.
  return `${text.slice(0, Math.max(0, length - 1)).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

export function isCritical({ alerts }: AlertMessage): boolean {
  return alerts.some(({ status, severity }) => status === "firing" && severity === "critical");
}

export function isOver({ alerts }: AlertMessage): boolean {
  return alerts.every(({ status }) => status === "resolved");
}

function rank({ status, severity }: ToldAlert): number {
  if (status === "resolved") return 2;
  return severity === "critical" ? 0 : 1;
}

function statusWord({ status, severity, repeated }: ToldAlert): string {
  if (status === "resolved") return "Over";
  return repeated ? `Still ${severity}` : severity === "critical" ? "Critical" : "Warning";
}

function whenWords({ startsAt, endsAt }: ToldAlert): string {
  const since = `since ${minuteOf(startsAt)}`;
  return endsAt === null ? since : `${since}, until ${minuteOf(endsAt)}`;
}

function minuteOf(moment: number): string {
  return `${new Date(moment).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
