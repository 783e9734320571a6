import type { Alert, Silence } from "@berth/shared/api/alerts";
import type { ComponentChildren, JSX } from "preact";
import { backupsPath, instancePath, nodePath } from "../routes/route.ts";
import type { AnyState } from "./state-mark.tsx";

/** What it is of, as a link to where more is told of it. */
export function AlertSubject({ alert, children }: { alert: Alert; children: ComponentChildren }): JSX.Element {
  const href = pathOf(alert);
  return href === undefined ? <span>{children}</span> : <a href={href}>{children}</a>;
}

function pathOf({ labels: { instance, node, owner } }: Alert): string | undefined {
  if (instance !== undefined) return instancePath(instance);
  if (node !== undefined) return nodePath(node);
  return owner === undefined ? undefined : backupsPath;
}

export function alertState({ state, severity, silencedBy, wellSince }: Alert): AnyState {
  if (state === "ended") return "over";
  if (state === "pending") return "pending";
  if (silencedBy.length > 0) return "silenced";
  return wellSince === null ? severity : "well";
}

/** A sentence whose commands, between backquotes, look like commands. */
export function Sentence({ text }: { text: string }): JSX.Element {
  return <>{text.split("`").map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>))}</>;
}

/** "node user1, rule drift" */
export function matcherWords(matchers: Silence["matchers"]): string {
  return Object.entries(matchers)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]))
    .join(", ");
}
