/**
 * A network of a test's own: a bridge in one namespace, nodes in others, and on a node a container behind a bridge
 * docker0, with the translations that Docker makes for a published port. Its addresses exist nowhere else.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { makeNamespace, type Namespace } from "./namespace.ts";

const run = promisify(execFile);

export interface Lan {
  /** A node with that address of 10.99.0.0/24. */
  addNode(address: string): Promise<Namespace>;
  /** A container on the node, whose port 80 the node publishes as `hostPort`. */
  addContainer(node: Namespace, hostPort: number): Promise<Namespace>;
  remove(): Promise<void>;
}

interface Plug {
  into: Namespace;
  bridge: string;
  address: string;
  gateway: string;
}

const lanGateway = "10.99.0.1";
export const containerAddress = "172.31.0.2";
const containerGateway = "172.31.0.1";

export async function makeLan(): Promise<Lan> {
  const resources = new AsyncDisposableStack();
  const addNamespace = async (): Promise<Namespace> => {
    const namespace = await makeNamespace();
    resources.defer(async () => namespace.remove());
    return namespace;
  };
  const middle = await addNamespace();
  await addBridge(middle, "lan", `${lanGateway}/24`);
  return {
    addNode: async (address) => {
      const node = await addNamespace();
      await plugIn(node, { into: middle, bridge: "lan", address: `${address}/24`, gateway: lanGateway });
      return node;
    },
    addContainer: async (node, hostPort) => {
      const container = await addNamespace();
      await addBridge(node, "docker0", `${containerGateway}/16`);
      const address = `${containerAddress}/16`;
      await plugIn(container, { into: node, bridge: "docker0", address, gateway: containerGateway });
      await runInside(node, ["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
      await runInside(node, ["nft", dockerRules(hostPort)]);
      return container;
    },
    remove: async () => resources.disposeAsync(),
  };
}

/** A cable between two namespaces, with these addresses at its ends. */
export async function connectDirectly(one: Namespace, other: Namespace, addresses: [string, string]): Promise<void> {
  await ip(one, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", other.name);
  for (const [namespace, address] of [
    [one, addresses[0]],
    [other, addresses[1]],
  ] as const) {
    await ip(namespace, "address", "add", `${address}/24`, "dev", "eth0");
    await ip(namespace, "link", "set", "eth0", "up");
  }
}

export async function runInside(namespace: Namespace, command: readonly string[]): Promise<string> {
  const [file, ...args] = namespace.inside(command);
  return (await run(file, args)).stdout;
}

async function ip(namespace: Namespace, ...args: string[]): Promise<void> {
  await run("ip", ["-n", namespace.name, ...args]);
}

async function addBridge(namespace: Namespace, name: string, address: string): Promise<void> {
  await ip(namespace, "link", "add", name, "type", "bridge");
  await ip(namespace, "address", "add", address, "dev", name);
  await ip(namespace, "link", "set", name, "up");
}

/** With the far end of its eth0 as a port of the bridge. */
async function plugIn(namespace: Namespace, { into, bridge, address, gateway }: Plug): Promise<void> {
  const port = `to-${namespace.name.slice(-8)}`;
  await ip(into, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace.name);
  await ip(into, "link", "set", port, "master", bridge, "up");
  await ip(namespace, "address", "add", address, "dev", "eth0");
  await ip(namespace, "link", "set", "eth0", "up");
  await ip(namespace, "route", "add", "default", "via", gateway);
}

/** What Docker's own rules do for a published port, and for what its containers send. */
function dockerRules(hostPort: number): string {
  return `table ip nat {
    chain prerouting {
      type nat hook prerouting priority -100;
      fib daddr type local tcp dport ${hostPort} iifname != "docker0" dnat to ${containerAddress}:80
    }
    chain postrouting {
      type nat hook postrouting priority 100;
      ip saddr 172.31.0.0/16 oifname != "docker0" masquerade
    }
  }`;
}
