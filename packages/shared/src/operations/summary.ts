/** What a plan comes to in one sentence, the same in the CLI and on the page. Pure. */
import { changeSchema, type Change, type Plan } from "./plan.ts";

const changedWords: Readonly<Record<Change, string>> = {
  create: "to create",
  update: "to update",
  start: "to start",
  restart: "to restart",
  repair: "to repair",
  remove: "to remove",
  verify: "to verify",
  backup: "to back up",
  restore: "to restore",
  prune: "to prune",
  upgrade: "to upgrade",
};

/** `12 operations on 4 nodes: 9 to create, 2 to update, 1 to remove.` */
export function planSummary(plan: Plan): string {
  const nodes = new Set(plan.operations.flatMap((operation) => operation.node ?? []));
  const changes = changeSchema.options
    .map((change) => [change, plan.operations.filter((operation) => operation.change === change).length] as const)
    .filter(([, number]) => number > 0)
    .map(([change, number]) => `${number} ${changedWords[change]}`);
  const where = nodes.size === 0 ? "" : ` on ${counted(nodes.size, "node")}`;
  return `${counted(plan.operations.length, "operation")}${where}: ${changes.join(", ")}.`;
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
