/** Own services among one another and among Berth's: names that are taken, and references that lead nowhere. Pure. */
import { catalogOf } from "../catalog/merge.ts";
import type { Catalog, Need, Service } from "../catalog/schema.ts";
import type { Finding } from "./check.ts";
import { checkPlaceholders } from "./check-placeholders.ts";
import { checkService } from "./check-service.ts";
import { serverOf } from "./needs.ts";
import type { Fleet } from "./schema.ts";
import type { Path } from "./source.ts";
import { suggestion } from "./suggest.ts";

export function checkCatalog(fleet: Fleet, builtIn: Catalog): Finding[] {
  const all = catalogOf(fleet, builtIn);
  return Object.entries(fleet.catalog).flatMap(([name, service]) => {
    // Each step supposes that the one before found nothing: what is wrong by itself would be told once more.
    const steps = [
      () => [...checkName(name, service, builtIn), ...checkService(service)],
      () => checkReferences(service, all),
      () => checkCycle(service, all),
    ];
    const findings = steps.reduce<Finding[]>((found, step) => (found.length > 0 ? found : step()), []);
    return findings.map((finding) => ({ ...finding, path: ["catalog", name, ...finding.path] }));
  });
}

/** Whether a service has the name that it stands under, `where`, and not one of Berth's. */
export function checkName(name: string, service: Service, builtIn: Catalog, where = "it stands under"): Finding[] {
  if (service.name !== name) {
    return [{ path: ["name"], message: `'${service.name}' must be '${name}', the name that ${where}` }];
  }
  if (!builtIn.has(name)) return [];
  return [{ path: ["name"], message: `'${name}' is a service of Berth's own; choose another name` }];
}

function checkReferences(service: Service, all: Catalog): Finding[] {
  const needs = [
    ...service.needs.map((need, index) => ({ need, path: ["needs", index] })),
    ...service.uses.flatMap((use, index) =>
      use.needs.map((need, position) => ({ need, path: ["uses", index, "needs", position] })),
    ),
  ];
  const servers = [
    ...needs.map(({ need, path }) => ({ server: serverOf(need), path: serverPath(need, path) })),
    ...service.uses.flatMap((use, index) =>
      use.service === undefined ? [] : [{ server: use.service, path: ["uses", index, "service"] }],
    ),
  ];
  const wrong = servers.flatMap(({ server, path }) => checkServer(server, path, service, all));
  return wrong.length > 0 ? wrong : checkPlaceholders(service, all);
}

function serverPath(need: Need, path: Path): Path {
  return need.kind === "service" ? [...path, "service"] : [...path, "kind"];
}

function checkServer(server: string, path: Path, service: Service, all: Catalog): Finding[] {
  if (server === service.name) return [{ path, message: `'${server}' is the service itself` }];
  const found = all.get(server);
  if (found?.scope === "shared") return [];
  const shared = [...all.values()].filter(({ scope }) => scope === "shared").map(({ name }) => name);
  const message =
    found === undefined
      ? `no service is named '${server}'${suggestion(server, shared)}`
      : `'${server}' is a service of tenants; others can only reach shared ones`;
  return [{ path, message }];
}

/** A ring of needs: each would wait for the next to be healthy, for ever. */
function checkCycle(service: Service, all: Catalog): Finding[] {
  const ring = ringFrom(service, service.name, all, new Set());
  if (ring === undefined) return [];
  const index = service.needs.findIndex((need) => serverOf(need) === ring[0]);
  const need = service.needs[index];
  const path = need === undefined ? ["needs"] : serverPath(need, ["needs", index]);
  return [{ path, message: `'${service.name}' needs itself: ${[service.name, ...ring].join(" -> ")}` }];
}

/** The way through needs from a service to the one that is sought. */
function ringFrom(service: Service, sought: string, all: Catalog, seen: Set<string>): string[] | undefined {
  for (const server of service.needs.map(serverOf)) {
    if (server === sought) return [server];
    const next = all.get(server);
    if (next === undefined || seen.has(server)) continue;
    seen.add(server);
    const rest = ringFrom(next, sought, all, seen);
    if (rest !== undefined) return [server, ...rest];
  }
  return undefined;
}
