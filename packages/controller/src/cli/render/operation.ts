/** How an operation reads: `create instance user1-n8n`, `pull image docker.io/…`. */
import type { Change } from "@berth/shared/operations/plan";
import { operationTitle as titleOf, type OperationWords } from "@berth/shared/operations/title";
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";

/** The title, safe to print: what an operation concerns may bear a name from elsewhere. */
export function operationTitle(operation: OperationWords): string {
  return printableLine(titleOf(operation));
}

/** Heading of the group of operations that concern no node. */
export const withoutNode = "controller";

export const changeSigns: Readonly<Record<Change, string>> = {
  create: "+",
  update: "~",
  start: "^",
  restart: "@",
  repair: "!",
  remove: "-",
  verify: "?",
  backup: ">",
  restore: "<",
  prune: "-",
  upgrade: "*",
};

const changeColours = {
  create: "green",
  update: "yellow",
  start: "cyan",
  restart: "cyan",
  repair: "magenta",
  remove: "red",
  verify: "cyan",
  backup: "cyan",
  restore: "magenta",
  prune: "red",
  upgrade: "yellow",
} as const satisfies Record<Change, keyof Style>;

export function changePaint(change: Change, style: Style): (text: string) => string {
  return style[changeColours[change]];
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
