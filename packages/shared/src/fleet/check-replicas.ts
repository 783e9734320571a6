/** Whether a shared service may run on several nodes, and whether those are there. Pure. */
import type { Catalog, Service } from "../catalog/schema.ts";
import { instanceNameSchema, replicaName } from "../names.ts";
import type { Finding } from "./check.ts";
import type { Fleet } from "./schema.ts";
import { suggestion } from "./suggest.ts";

export function checkReplicas(fleet: Fleet, catalog: Catalog): Finding[] {
  return Object.entries(fleet.services.shared).flatMap(([name, { node, replicas = [] }]) => {
    const service = catalog.get(name);
    if (service === undefined || replicas.length === 0) return [];
    const path = ["services", "shared", name, "replicas"];
    const reason = whyAlone(service);
    if (reason !== null) return [{ path, message: `'${name}' runs once: ${reason}`, at: "key" as const }];
    return replicas.flatMap((replica, index): Finding[] => {
      const message = mistake(fleet, name, replica, [node, ...replicas.slice(0, index)]);
      return message === null ? [] : [{ path: [...path, index], message }];
    });
  });
}

/** null: its instances need not know of each other. */
function whyAlone({ backup, secrets, needs, title }: Service): string | null {
  if (backup.method !== "none") return `what one ${title} keeps, another would not have`;
  if (Object.keys(secrets).length > 0) return `each ${title} would have secrets of its own`;
  return needs.some(({ kind }) => kind !== "service") ? `each ${title} would need stores of its own` : null;
}

function mistake(fleet: Fleet, service: string, node: string, before: readonly string[]): string | null {
  if (before.includes(node)) return `node '${node}' runs it already`;
  if (!(node in fleet.nodes)) return `no node is named '${node}'${suggestion(node, Object.keys(fleet.nodes))}`;
  const instance = replicaName(service, node);
  return instanceNameSchema.safeParse(instance).success ? null : `'${instance}' is longer than an instance's name`;
}
