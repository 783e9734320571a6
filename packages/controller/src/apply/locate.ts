/** Looks things up in the fleet for those who carry operations out. */
import { isAbsolute, join } from "node:path";
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import { hostPorts, placements } from "@berth/shared/fleet/instances";
import type { Fleet, ProxmoxConnection } from "@berth/shared/fleet/schema";

/** A Proxmox connection of the fleet, its files under the controller's configuration directory made absolute. */
export function locateProxmox(fleet: Fleet, name: string, configurationDirectory: string): ProxmoxConnection {
  const connection = fleet.proxmox[name];
  if (connection === undefined) throw new BerthError("not-found", `No Proxmox connection is named '${name}'`);
  const { caFile, rootPasswordFile, tokenSecretFile, ...rest } = connection;
  const absolute = (path: string) => (isAbsolute(path) ? path : join(configurationDirectory, path));
  return {
    ...rest,
    tokenSecretFile: absolute(tokenSecretFile),
    ...(caFile === undefined ? {} : { caFile: absolute(caFile) }),
    ...(rootPasswordFile === undefined ? {} : { rootPasswordFile: absolute(rootPasswordFile) }),
  };
}

/** Address and first host port of an instance. */
export function locateInstance(
  fleet: Fleet,
  instance: string,
  catalog: Catalog,
): { address: string; port: number; node: string } {
  const placement = placements(fleet, catalog).find((candidate) => candidate.instance === instance);
  const node = placement === undefined ? undefined : fleet.nodes[placement.node];
  if (placement === undefined || node === undefined)
    throw new BerthError("not-found", `No instance is named '${instance}'`);
  const [port] = hostPorts(placement.service, placement.overrides);
  if (port === undefined) throw new BerthError("not-found", `Instance '${instance}' has no port`);
  return { address: node.address, port: port.host, node: placement.node };
}
