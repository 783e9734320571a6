/** The web pages of one tenant's instances, on ports of 127.0.0.1 in the main namespace. */
import { join } from "node:path";
import type { Status } from "@berth/shared/api/status";
import type { Catalog } from "@berth/shared/catalog/schema";
import { ensureGateway } from "../relay/gateway.ts";
import { startRelay } from "../relay/service.ts";
import type { Lab } from "../state.ts";

export interface InstanceAddress {
  instance: string;
  tenant: string;
  address: string;
  port: number;
}

export interface InstancePage extends InstanceAddress {
  /** Where a browser of this machine opens it. */
  url: string;
}

/** The instances with a web page that belong to the first tenant. Pure. */
export function firstTenantsPages({ nodes, instances }: Status, catalog: Catalog): InstanceAddress[] {
  const first = instances.find((instance) => instance.tenant !== null)?.tenant;
  return instances.flatMap(({ name, service, tenant, node, ports }): InstanceAddress[] => {
    if (tenant === null || tenant !== first) return [];
    const known = catalog.get(service);
    const index = known?.ports.findIndex((port) => port.name === known.route?.port) ?? -1;
    const port = ports[index];
    const address = nodes.find((one) => one.name === node)?.address;
    return port === undefined || address === undefined ? [] : [{ instance: name, tenant, address, port }];
  });
}

/** Opens them on `firstPort` and those after it; ports that somebody else has are stepped over. */
export async function openInstancePages(
  lab: Lab,
  addresses: readonly InstanceAddress[],
  firstPort: number,
): Promise<InstancePage[]> {
  const socketOf = ({ instance }: InstanceAddress): string => join("/run/berth-lab", lab.name, `${instance}.sock`);
  await ensureGateway(
    lab,
    addresses.map((one) => ({ socketPath: socketOf(one), host: one.address, port: one.port })),
  );
  const pages: InstancePage[] = [];
  for (const [index, one] of addresses.entries()) {
    const request = { stateDirectory: lab.stateDirectory, port: firstPort + index, socketPath: socketOf(one) };
    const { port } = await startRelay(request);
    pages.push({ ...one, url: `http://127.0.0.1:${port}` });
  }
  return pages;
}
