/** Host ports that instances would take from each other on a node. Pure. */
import type { Catalog } from "../catalog/schema.ts";
import type { Finding } from "./check.ts";
import { hostPorts, overridePath, placements, type Placement } from "./instances.ts";
import type { Fleet, FleetNode } from "./schema.ts";

export function checkPorts(fleet: Fleet, catalog: Catalog): Finding[] {
  const placed = placements(fleet, catalog);
  return [...checkOverrides(fleet, placed), ...checkHostPorts(fleet, placed)];
}

function checkOverrides(fleet: Fleet, placed: readonly Placement[]): Finding[] {
  return placed.flatMap((placement) => {
    const { service, overrides } = placement;
    const ports = hostPorts(service, overrides).length;
    if (overrides.hostPort === undefined || ports === 1) return [];
    const message = `'${service.name}' has ${ports} ports; hostPort needs exactly one`;
    return [{ path: overridePath(fleet, placement, "hostPort"), message }];
  });
}

function checkHostPorts(fleet: Fleet, placed: readonly Placement[]): Finding[] {
  const findings: Finding[] = [];
  const taken = new Map<string, string>();
  for (const placement of placed) {
    const { instance, node, path, service, overrides } = placement;
    for (const { host } of hostPorts(service, overrides)) {
      const key = `${node}:${host}`;
      const other = taken.get(key);
      if (other !== undefined)
        findings.push({ path, message: `port ${host} on node '${node}' is taken by '${other}'`, at: "key" });
      taken.set(key, instance);
      if (host === sshPort(fleet.nodes[node])) {
        const message = `'${host}' is the port of the node's SSH server`;
        findings.push({ path: sshPortPath(fleet, placement), message });
      }
    }
  }
  return findings;
}

/** Where the port is written: as an override, or in the catalog's service, which the instance stands for. */
function sshPortPath(fleet: Fleet, placement: Placement): readonly string[] {
  return placement.overrides.hostPort === undefined ? placement.path : overridePath(fleet, placement, "hostPort");
}

/** undefined: the node says that it cannot be reached by SSH. */
function sshPort(node: FleetNode | undefined): number | undefined {
  return node?.ssh === false ? undefined : (node?.ssh?.port ?? 22);
}
