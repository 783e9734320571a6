/** A plan as a diff that is read top to bottom: by node, with a sign and a reason for each operation. Pure. */
import { changeSchema, type Change, type Plan } from "@berth/shared/operations/plan";
import { changePaint, changeSigns, groupBy, operationTitle, withoutNode } from "./operation.ts";
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { count, pad, width } from "./text.ts";

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

export function planLines(plan: Plan, style: Style): string[] {
  const warnings = plan.warnings.map((warning) => `${style.yellow("warning:")} ${printableLine(warning)}`);
  if (plan.operations.length === 0) return ["Nothing to do: the fleet is as it should be.", ...warnings];
  const titleWidth = Math.max(...plan.operations.map((operation) => width(operationTitle(operation))));
  const groups = groupBy(plan.operations, (operation) => operation.node ?? withoutNode);
  const lines: string[] = [];
  for (const [node, operations] of groups) {
    lines.push(style.bold(printableLine(node)));
    for (const operation of operations) {
      const paint = changePaint(operation.change, style);
      const title = pad(operationTitle(operation), titleWidth);
      lines.push(
        `  ${paint(`${changeSigns[operation.change]} ${title}`)}  ${style.dim(printableLine(operation.reason))}`.trimEnd(),
      );
    }
  }
  return [...lines, "", planSummary(plan), ...warnings];
}

/** `12 operations on 4 nodes: 9 to create, 2 to update, 1 to remove.` */
export function planSummary(plan: Plan): string {
  const nodes = new Set(plan.operations.flatMap((operation) => operation.node ?? []));
  const changes = changeSchema.options
    .map((change) => [change, plan.operations.filter((operation) => operation.change === change).length] as const)
    .filter(([, number]) => number > 0)
    .map(([change, number]) => `${number} ${changedWords[change]}`);
  const where = nodes.size === 0 ? "" : ` on ${count(nodes.size, "node")}`;
  return `${count(plan.operations.length, "operation")}${where}: ${changes.join(", ")}.`;
}

/** What the plan takes away, as `instance user3-flowise`. */
export function removals(plan: Plan): string[] {
  return plan.operations
    .filter((operation) => operation.change === "remove")
    .map((operation) => operationTitle(operation).replace(/^remove /, ""));
}
