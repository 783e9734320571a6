/** A plan as a diff that is read top to bottom: by node, with a sign and a reason for each operation. Pure. */
import type { Plan } from "@berth/shared/operations/plan";
import { planSummary } from "@berth/shared/operations/summary";
import { changePaint, changeSigns, groupBy, operationTitle, withoutNode } from "./operation.ts";
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { pad, width } from "./text.ts";

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

/** What the plan takes away, as `instance user3-flowise`. */
export function removals(plan: Plan): string[] {
  return plan.operations
    .filter((operation) => operation.change === "remove")
    .map((operation) => operationTitle(operation).replace(/^remove /, ""));
}
