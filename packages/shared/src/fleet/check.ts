/** What the schema cannot see: references that lead nowhere, and addresses, ports and names that collide. Pure. */
import { catalogOf } from "../catalog/merge.ts";
import type { Catalog } from "../catalog/schema.ts";
import { checkAlerts } from "./check-alerts.ts";
import { checkCapacity } from "./check-capacity.ts";
import { checkCatalog } from "./check-catalog.ts";
import { checkMetricsReaders } from "./check-metrics-readers.ts";
import { checkNames } from "./check-names.ts";
import { checkNetworks } from "./check-network.ts";
import { checkPorts } from "./check-ports.ts";
import { checkReplicas } from "./check-replicas.ts";
import { checkRoutes } from "./check-routes.ts";
import { checkSuspended } from "./check-suspended.ts";
import { checkUpgrades } from "./check-upgrades.ts";
import { possibleNeeds, serverOf } from "./needs.ts";
import { placements } from "./instances.ts";
import type { Fleet } from "./schema.ts";
import type { Path } from "./source.ts";
import { suggestion } from "./suggest.ts";

export interface Finding {
  path: Path;
  message: string;
  at?: "value" | "key";
}

/** `builtIn`: Berth's own services; those of the fleet come to them. */
export function checkFleet(fleet: Fleet, builtIn: Catalog): Finding[] {
  const catalog = catalogOf(fleet, builtIn);
  return [
    ...checkCatalog(fleet, builtIn),
    ...checkNodes(fleet),
    ...checkNetworks(fleet),
    ...checkTenants(fleet),
    ...checkServices(fleet, catalog),
    ...checkNames(fleet, catalog),
    ...checkPorts(fleet, catalog),
    ...checkCapacity(fleet, catalog),
    ...checkNeeds(fleet, catalog),
    ...checkSuspended(fleet, catalog),
    ...checkReplicas(fleet, catalog),
    ...checkRoutes(fleet, catalog),
    ...checkMetricsReaders(fleet, catalog),
    ...checkUpgrades(fleet),
    ...checkAlerts(fleet),
  ];
}

function checkNodes(fleet: Fleet): Finding[] {
  const findings: Finding[] = [];
  const addresses = new Map<string, string>([[fleet.controller.address, "the controller"]]);
  const vmids = new Map<string, string>();
  for (const [name, node] of Object.entries(fleet.nodes)) {
    const path = ["nodes", name];
    const holder = addresses.get(node.address);
    // A single-machine fleet runs the controller on its only node.
    if (holder !== undefined && !(holder === "the controller" && node.proxmox === undefined)) {
      findings.push({ path: [...path, "address"], message: `'${node.address}' is taken by ${holder}` });
    }
    addresses.set(node.address, `node '${name}'`);
    findings.push(...reference([...path, "template"], node.template, fleet.templates, "template"));
    findings.push(...reference([...path, "proxmox"], node.proxmox, fleet.proxmox, "Proxmox connection"));
    if (node.proxmox !== undefined && node.template === undefined) {
      findings.push({ path, message: "has a Proxmox connection but no template; add 'template: NAME'", at: "key" });
    }
    if (node.vmid !== undefined) {
      const key = `${node.proxmox ?? ""}/${node.vmid}`;
      const other = vmids.get(key);
      if (other !== undefined)
        findings.push({ path: [...path, "vmid"], message: `'${node.vmid}' is taken by node '${other}'` });
      vmids.set(key, name);
    }
  }
  return findings;
}

function checkTenants(fleet: Fleet): Finding[] {
  const findings: Finding[] = [];
  const owners = new Map<string, string>();
  for (const [name, tenant] of Object.entries(fleet.tenants)) {
    const path = ["tenants", name];
    findings.push(...reference([...path, "node"], tenant.node, fleet.nodes, "node"));
    const owner = owners.get(tenant.node);
    if (owner !== undefined) {
      findings.push({
        path: [...path, "node"],
        message: `'${tenant.node}' is the node of tenant '${owner}'; each tenant needs its own`,
      });
    }
    owners.set(tenant.node, name);
    for (const service of Object.keys(tenant.services)) {
      findings.push(
        ...reference([...path, "services", service], service, fleet.services.tenant, "service of tenants", "key"),
      );
    }
  }
  return findings;
}

function checkServices(fleet: Fleet, catalog: Catalog): Finding[] {
  const findings: Finding[] = [];
  for (const scope of ["shared", "tenant"] as const) {
    const offered = [...catalog.values()].filter((service) => service.scope === scope).map((service) => service.name);
    for (const name of Object.keys(fleet.services[scope])) {
      const service = catalog.get(name);
      if (service === undefined) {
        findings.push({
          path: ["services", scope, name],
          message: `unknown service '${name}'${suggestion(name, offered)}`,
          at: "key",
        });
      } else if (service.scope !== scope) {
        findings.push({
          path: ["services", scope, name],
          message: `'${name}' is a ${service.scope} service`,
          at: "key",
        });
      }
    }
  }
  for (const [name, service] of Object.entries(fleet.services.shared)) {
    findings.push(...reference(["services", "shared", name, "node"], service.node, fleet.nodes, "node"));
  }
  return findings;
}

function checkNeeds(fleet: Fleet, catalog: Catalog): Finding[] {
  return placements(fleet, catalog).flatMap(({ service, path }) => {
    const servers = possibleNeeds(fleet, service).map(serverOf);
    // One that does not exist is told where it is asked for.
    const missing = [...new Set(servers)].filter(
      (server) => catalog.has(server) && fleet.services.shared[server] === undefined,
    );
    return missing.map((server): Finding => {
      return { path, message: `'${service.name}' needs '${server}'; add it under services.shared`, at: "key" };
    });
  });
}

function reference(
  path: Path,
  name: string | undefined,
  known: Record<string, unknown>,
  what: string,
  at: "value" | "key" = "value",
): Finding[] {
  if (name === undefined || name in known) return [];
  return [{ path, message: `no ${what} is named '${name}'${suggestion(name, Object.keys(known))}`, at }];
}
