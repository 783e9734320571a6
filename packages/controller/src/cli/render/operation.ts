/** How an operation reads: `create instance user1-n8n`, `pull image docker.io/…`. */
import type { Change } from "@berth/shared/operations/plan";
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";

const nouns: Readonly<Record<string, string>> = {
  lxc: "LXC",
  agent: "agent",
  database: "database",
  image: "image",
  instance: "instance",
};

export interface OperationTitle {
  kind: string;
  change: Change;
  target: string;
}

/** The noun of a kind: `instance.ensure` -> `instance`. */
export function operationNoun(kind: string): string {
  const subject = kind.slice(0, Math.max(0, kind.lastIndexOf(".")));
  return nouns[subject] ?? (subject === "" ? kind : subject);
}

export function operationTitle({ kind, change, target }: OperationTitle): string {
  return `${operationVerb(kind, change)} ${operationNoun(kind)} ${printableLine(target)}`;
}

/** Heading of the group of operations that concern no node. */
export const withoutNode = "controller";

export const changeSigns: Readonly<Record<Change, string>> = {
  create: "+",
  update: "~",
  start: "^",
  repair: "!",
  remove: "-",
};

const changeColours = {
  create: "green",
  update: "yellow",
  start: "cyan",
  repair: "magenta",
  remove: "red",
} as const satisfies Record<Change, keyof Style>;

export function changePaint(change: Change, style: Style): (text: string) => string {
  return style[changeColours[change]];
}

function operationVerb(kind: string, change: Change): string {
  if (change !== "create") return change;
  if (kind === "image.ensure") return "pull";
  return kind === "agent.ensure" ? "install" : "create";
}

/** Values by key, in order of first appearance. */
export function groupBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
