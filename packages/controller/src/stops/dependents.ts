/** What is without a shared service once that is stopped. Pure. */
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import { isSuspended } from "@berth/shared/fleet/awake";
import { bereft } from "@berth/shared/fleet/check-suspended";
import { placements, type Placement } from "@berth/shared/fleet/instances";
import { presentUses } from "@berth/shared/fleet/needs";
import type { Fleet } from "@berth/shared/fleet/schema";
import { instanceName } from "@berth/shared/names";

/** `next`: the fleet with the change, which stops or starts `meant`. */
export function refuseBereft(next: Fleet, catalog: Catalog, meant: readonly Placement[]): void {
  const isMeant = (name: string) => meant.some(({ instance }) => instance === name);
  for (const [service, instances] of bereft(next, catalog)) {
    const server = instanceName(null, service);
    if (isMeant(server)) {
      const many = instances.length === 1 ? "needs" : "need";
      throw new BerthError("conflict", `${server} cannot be stopped: ${instances.join(", ")} ${many} it`, {
        hint: `Nothing was changed. \`berth stop ${[...instances, server].join(" ")}\` stops all of them`,
      });
    }
    const started = instances.filter(isMeant);
    if (started.length === 0) continue;
    throw new BerthError("conflict", `${started.join(", ")} cannot be started without ${server}, which is suspended`, {
      hint: `Nothing was changed. \`berth start ${[server, ...started].join(" ")}\` starts all of it`,
    });
  }
}

/** A sentence for each stopped service that others are connected to and can be without. */
export function users(next: Fleet, catalog: Catalog, meant: readonly Placement[]): string[] {
  const running = placements(next, catalog).filter(
    ({ tenant, service }) => !isSuspended(next, { tenant, service: service.name }),
  );
  const shared = new Set(meant.filter(({ tenant }) => tenant === null).map(({ service }) => service.name));
  return [...shared].flatMap((name) => {
    const connected = running.filter(({ service }) =>
      presentUses(next, service, () => true).some((use) => use.service === name),
    );
    if (connected.length === 0) return [];
    const names = connected.map(({ instance }) => instance).join(", ");
    return [`${names} ${connected.length === 1 ? "uses" : "use"} ${name} and will be without it`];
  });
}
