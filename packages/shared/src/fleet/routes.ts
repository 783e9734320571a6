/** Names of routes. Pure. */
import type { Fleet } from "./schema.ts";

/** Host name of an instance's route: test-user1-n8n.valuechainhackers.xyz, test-qdrant.valuechainhackers.xyz. */
export function routeHost({ routes, domain }: Fleet, tenant: string | null, service: string): string {
  const label =
    tenant === null ? routes.pattern.replaceAll(/\{tenant\}-?/g, "") : routes.pattern.replaceAll("{tenant}", tenant);
  return `${label.replaceAll("{service}", service)}.${domain}`;
}
