/** What a new tenant comes to in the fleet file: its node, unless that is there, and itself. Pure. */
import type { NewTenant } from "@berth/shared/api/tenants";
import { BerthError } from "@berth/shared/errors";
import { setInFleet } from "@berth/shared/fleet/edit";
import { formatAddress, networkOf, toNumber } from "@berth/shared/fleet/ipv4";
import type { Fleet } from "@berth/shared/fleet/schema";
import { reservedTenantName } from "@berth/shared/names";
import type { KeptTenant } from "./kept.ts";

/**
 * The fleet file with the tenants in it; one that is there already, and as asked for, stays. `kept`: tenants that left the
 * fleet and whose data stayed on their nodes.
 */
export function withTenants(
  text: string,
  fleet: Fleet,
  tenants: readonly NewTenant[],
  kept: readonly KeptTenant[] = [],
): string {
  const taken = new Set(takenAddresses(fleet));
  const names = new Set<string>();
  return tenants.reduce((file, tenant) => {
    if (names.has(tenant.name)) throw conflict(`The tenant '${tenant.name}' was named twice`);
    names.add(tenant.name);
    if (fleet.tenants[tenant.name] !== undefined) {
      refuseOther(fleet, tenant);
      return file;
    }
    const reserved = reservedTenantName(tenant.name);
    if (reserved !== undefined) throw conflict(`'${tenant.name}' ${reserved}: it cannot be a tenant`);
    const node = tenant.node ?? presentNode(fleet, tenant, kept);
    if (node === undefined) return withLxc(file, fleet, tenant, taken);
    refuseKeptNode(node, tenant, kept);
    return onNode(file, fleet, tenant.name, node);
  }, text);
}

/** What an earlier `tenant remove --keep-data` has left, or `node add` has brought under the tenant's name. */
function presentNode(fleet: Fleet, { name, address }: NewTenant, kept: readonly KeptTenant[]): string | undefined {
  const left = kept.find((tenant) => tenant.name === name)?.node ?? name;
  const node = left in fleet.nodes ? left : name;
  const known = fleet.nodes[node];
  if (known !== undefined && (address ?? known.address) !== known.address)
    throw conflict(`Node '${node}' exists with the address ${known.address}`);
  return known === undefined ? undefined : node;
}

/** Volumes of one tenant are nothing that another one should find. */
function refuseKeptNode(node: string, { name }: NewTenant, kept: readonly KeptTenant[]): void {
  const owner = kept.find((tenant) => tenant.node === node && tenant.name !== name)?.name;
  if (owner === undefined) return;
  throw new BerthError("conflict", `Node '${node}' keeps what tenant '${owner}' has left`, {
    hint: `Nothing was changed. \`berth tenant remove ${owner}\` removes it`,
  });
}

function withLxc(text: string, fleet: Fleet, tenant: NewTenant, taken: Set<string>): string {
  const { name } = tenant;
  const model = modelNode(fleet);
  const address = tenant.address ?? nextAddress(fleet, model, taken);
  if (taken.has(address)) throw conflict(`${address} is taken${holderOf(fleet, address)}`);
  taken.add(address);
  const node = { address, proxmox: model.proxmox, template: model.template };
  return setInFleet(setInFleet(text, ["nodes", name], node), ["tenants", name], { node: name });
}

function onNode(text: string, fleet: Fleet, name: string, node: string): string {
  if (fleet.nodes[node] === undefined) {
    throw new BerthError("not-found", `No node is named '${node}'`, { hint: "`berth node add` takes a host in" });
  }
  const owner = Object.entries(fleet.tenants).find(([, tenant]) => tenant.node === node)?.[0];
  if (owner !== undefined) throw conflict(`Node '${node}' is the node of tenant '${owner}'; each tenant needs its own`);
  const shared = Object.entries(fleet.services.shared).find(
    ([, service]) => service.node === node || service.replicas?.includes(node) === true,
  )?.[0];
  if (shared !== undefined)
    throw conflict(`Node '${node}' holds the shared service '${shared}'; a tenant needs its own`);
  return setInFleet(text, ["tenants", name], { node });
}

function refuseOther(fleet: Fleet, { name, address, node }: NewTenant): void {
  const present = fleet.tenants[name]?.node ?? "";
  if (node !== undefined && node !== present) throw conflict(`Tenant '${name}' exists on node '${present}'`);
  const at = fleet.nodes[present]?.address;
  if (address !== undefined && address !== at) throw conflict(`Tenant '${name}' exists at ${at}`);
}

interface ModelNode {
  proxmox: string;
  template: string;
  address: string;
}

/** A new tenant's LXC is made as those of the others are. */
function modelNode(fleet: Fleet): ModelNode {
  const nodes = Object.values(fleet.tenants).flatMap(({ node }) => fleet.nodes[node] ?? []);
  const [connection, ...others] = Object.keys(fleet.proxmox);
  for (const { proxmox, template, address } of nodes.toReversed()) {
    if (proxmox !== undefined && template !== undefined) return { proxmox, template, address };
  }
  const [first] = Object.values(fleet.nodes);
  if (connection !== undefined && others.length === 0 && "tenant" in fleet.templates && first !== undefined) {
    return { proxmox: connection, template: "tenant", address: first.address };
  }
  throw new BerthError("request.invalid", "There is no tenant with an LXC that a new one could be made like", {
    hint: "Take its node in first (`berth node add`) and name it with --node, or write the first tenant into the fleet file",
  });
}

/** The first free address behind the model's, in the network of its Proxmox connection. */
function nextAddress(fleet: Fleet, { address: after, proxmox }: ModelNode, taken: ReadonlySet<string>): string {
  const network = networkOf(after, fleet.proxmox[proxmox]?.prefixLength ?? 24);
  const highest = Object.values(fleet.tenants)
    .flatMap(({ node }) => fleet.nodes[node]?.address ?? [])
    .map(toNumber)
    .filter((address) => address > network.first && address < network.last)
    .reduce((most, address) => Math.max(most, address), toNumber(after));
  const size = network.last - network.first;
  for (let step = 1; step < size; step += 1) {
    const candidate = network.first + 1 + ((highest - network.first - 1 + step) % (size - 1));
    const address = formatAddress(candidate);
    if (!taken.has(address)) return address;
  }
  throw new BerthError("conflict", "Every address of the tenants' network is taken");
}

function takenAddresses({ nodes, controller, proxmox, routes }: Fleet): string[] {
  return [
    ...Object.values(nodes).map(({ address }) => address),
    controller.address,
    ...Object.values(proxmox).flatMap(({ host, gateway }) => [host, gateway ?? host]),
    ...(routes.router === undefined ? [] : [routes.router.address]),
  ];
}

function holderOf(fleet: Fleet, address: string): string {
  const node = Object.entries(fleet.nodes).find(([, candidate]) => candidate.address === address)?.[0];
  return node === undefined ? "" : ` by node '${node}'`;
}

function conflict(message: string): BerthError {
  return new BerthError("conflict", message, { hint: "Nothing was changed. `berth tenant list` shows who is there" });
}
