/** Whether the LXCs of a Proxmox connection, which share a bridge, can reach each other and their gateway. Pure. */
import type { Finding } from "./check.ts";
import { formatNetwork, isInNetwork, networkOf, toNumber, type Network } from "./ipv4.ts";
import type { Fleet, ProxmoxConnection } from "./schema.ts";

export function checkNetworks(fleet: Fleet): Finding[] {
  return Object.entries(fleet.proxmox).flatMap(([name, connection]) => {
    const addresses = Object.entries(fleet.nodes)
      // One with the controller's address, which may be the gateway too, is told already.
      .filter(([, node]) => node.proxmox === name && node.address !== fleet.controller.address)
      .map(([node, { address }]) => ({ node, address }));
    return checkConnection(name, connection, addresses);
  });
}

interface NodeAddress {
  node: string;
  address: string;
}

function checkConnection(name: string, connection: ProxmoxConnection, nodes: readonly NodeAddress[]): Finding[] {
  const [first] = nodes;
  if (first === undefined) return [];
  const { gateway, prefixLength } = connection;
  const common = networkOf(first.address, prefixLength);
  const findings: Finding[] = [];
  // One gateway outside is likelier than every node: nodes are measured by it when at least one agrees with it.
  const agreed =
    gateway !== undefined && nodes.some(({ address }) => isInNetwork(address, networkOf(gateway, prefixLength)));
  if (gateway !== undefined && !agreed) {
    const message = `'${gateway}' is outside ${formatNetwork(common)}, the network of node '${first.node}'`;
    findings.push({ path: ["proxmox", name, "gateway"], message });
  }
  const network = agreed ? networkOf(gateway, prefixLength) : common;
  const whose = agreed ? `gateway ${gateway}` : `node '${first.node}'`;
  return [...findings, ...nodes.flatMap((node) => checkAddress(node, { connection, network, whose }))];
}

function checkAddress(
  { node, address }: NodeAddress,
  { connection, network, whose }: { connection: ProxmoxConnection; network: Network; whose: string },
): Finding[] {
  const path = ["nodes", node, "address"];
  if (!isInNetwork(address, network)) {
    return [{ path, message: `'${address}' is outside ${formatNetwork(network)}, the network of ${whose}` }];
  }
  if (address === connection.gateway) return [{ path, message: `'${address}' is the gateway's` }];
  if (address === connection.host) return [{ path, message: `'${address}' is the Proxmox VE host's` }];
  if ([network.first, network.last].includes(toNumber(address))) {
    return [
      { path, message: `'${address}' is no host's: ${formatNetwork(network)} reserves its first and last address` },
    ];
  }
  return [];
}
