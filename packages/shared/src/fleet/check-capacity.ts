/** Whether each instance by itself fits the LXC it is placed on. What they sum up to is left to whoever plans the fleet. Pure. */
import type { Catalog } from "../catalog/schema.ts";
import type { Finding } from "./check.ts";
import { overridePath, placements } from "./instances.ts";
import type { Fleet } from "./schema.ts";
import { formatSize } from "./units.ts";

export function checkCapacity(fleet: Fleet, catalog: Catalog): Finding[] {
  const findings: Finding[] = [];
  for (const placement of placements(fleet, catalog)) {
    const node = fleet.nodes[placement.node];
    const name = node?.proxmox === undefined ? undefined : node.template;
    const template = name === undefined ? undefined : fleet.templates[name];
    if (template === undefined) continue;
    const { memory, cpus } = placement.overrides;
    // The template is named and not the node: a setting for every tenant is one mistake, not one for each.
    if (memory !== undefined && memory > template.memory) {
      findings.push({
        path: overridePath(fleet, placement, "memory"),
        message: `'${formatSize(memory)}' is more than the ${formatSize(template.memory)} of template '${name}'`,
      });
    }
    if (cpus !== undefined && cpus > template.cores) {
      findings.push({
        path: overridePath(fleet, placement, "cpus"),
        message: `'${cpus}' is more than the ${template.cores} cores of template '${name}'`,
      });
    }
  }
  return findings;
}
