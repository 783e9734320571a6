import { catalog } from "@berth/shared/catalog/index";
import { backupsSchema } from "@berth/shared/fleet/schema";
import type { FirewallRule } from "@berth/shared/operations/firewall-ensure";
import { describe, expect, test } from "vitest";
import { desiredFirewalls } from "./firewall-rules.ts";
import { exampleFleet } from "./test-fixtures.ts";
import { isInNetwork, networkOf } from "@berth/shared/fleet/ipv4";

const fleet = exampleFleet();
const firewalls = new Map(desiredFirewalls(fleet, catalog).map((spec) => [spec.node, spec]));
const [controller, shared, user1, user2, stranger] = ["10.0.6.1", "10.0.6.10", "10.0.6.11", "10.0.6.12", "192.0.2.7"];

/** What the rules say of an address's next connection, as the contract has it: the first that fits decides. */
function verdict(rules: readonly FirewallRule[] | undefined, other: string, port: number, open = 0): string {
  const fits = ({ networks, ports, connections = 0 }: FirewallRule) =>
    (networks === null || networks.some((network) => contains(network, other))) &&
    (ports === null || ports.includes(port)) &&
    open >= connections;
  return rules?.find(fits)?.verdict ?? "accept";
}

function contains(network: string, address: string): boolean {
  const [first = "", prefix] = network.split("/");
  return isInNetwork(address, networkOf(first, Number(prefix ?? 32)));
}

const inbound = (node: string, from: string, port: number) => verdict(firewalls.get(node)?.inbound, from, port);
const outbound = (node: string, to: string, port: number) => verdict(firewalls.get(node)?.outbound, to, port);

describe("a tenant's node", () => {
  test.each([
    ["a person's browser opens its services", stranger, 5678, "accept"],
    ["the controller opens its services", controller, 5678, "accept"],
    ["the controller logs in", controller, 22, "accept"],
    ["another tenant opens none of its services", user2, 5678, "drop"],
    ["another tenant does not log in", user2, 22, "drop"],
    ["the shared node opens none of its services", shared, 3000, "drop"],
    ["an administrator logs in", stranger, 22, "accept"],
  ])("%s", (_, from, port, expected) => {
    expect(inbound("user1", from, port)).toBe(expected);
  });

  test.each([
    ["reach PostgreSQL", shared, 5432, "accept"],
    ["do not reach what only shared services work with", shared, 6379, "drop"],
    ["do not log in to the shared node", shared, 22, "drop"],
    ["do not reach another tenant's services", user2, 5678, "drop"],
    ["do not reach another tenant at all", user2, 22, "drop"],
    ["do not reach the API of Proxmox VE", controller, 8006, "drop"],
    ["do not reach the controller's page", controller, 8420, "drop"],
    ["do not join as agents", controller, 8421, "drop"],
    ["resolve names", controller, 53, "accept"],
    ["reach the internet", "203.0.113.9", 443, "accept"],
  ])("its containers %s", (_, to, port, expected) => {
    expect(outbound("user1", to, port)).toBe(expected);
  });
});

describe("the node of shared services", () => {
  test.each([
    ["a tenant reaches PostgreSQL", user1, 5432, "accept"],
    ["a tenant does not reach Redis", user1, 6379, "drop"],
    ["a tenant does not log in", user1, 22, "drop"],
    ["the controller reaches PostgreSQL", controller, 5432, "accept"],
    ["nobody outside the fleet reaches PostgreSQL", stranger, 5432, "drop"],
    ["an administrator logs in", stranger, 22, "accept"],
  ])("%s", (_, from, port, expected) => {
    expect(inbound("shared", from, port)).toBe(expected);
  });

  test.each([
    ["a tenant has room for the limits of its three roles", user1, 5432, 60, "accept"],
    ["a tenant cannot use up PostgreSQL's slots", user1, 5432, 64, "drop"],
    ["a tenant has more room at other stores", user1, 6333, 255, "accept"],
    ["a tenant cannot use up another store either", user1, 6333, 256, "drop"],
    ["the controller is not counted", controller, 5432, 10_000, "accept"],
  ])("%s", (_, from, port, open, expected) => {
    expect(verdict(firewalls.get("shared")?.inbound, from, port, open)).toBe(expected);
  });

  test("each port that a tenant may open has a limit, ahead of what opens it", () => {
    const rules = firewalls.get("shared")?.inbound ?? [];
    const opened = rules.filter((rule) => rule.verdict === "accept" && rule.networks?.includes(user1));
    const ports = opened.flatMap((rule) => rule.ports ?? []);
    expect(ports).toContain(5432);
    for (const port of ports) expect(verdict(rules, user1, port, 10_000)).toBe("drop");
  });

  test("its containers open nothing of tenants", () => {
    expect(outbound("shared", user1, 5678)).toBe("drop");
    expect(outbound("shared", shared, 5432)).toBe("accept");
  });
});

describe("a tenant's node that holds shared services, too", () => {
  const mixed = {
    ...fleet,
    services: { ...fleet.services, shared: { ...fleet.services.shared, postgres: { node: "user1", env: {} } } },
  };
  const specs = new Map(desiredFirewalls(mixed, catalog).map((spec) => [spec.node, spec]));

  test.each([
    ["lets another tenant in to what is shared", user2, 5432, "accept"],
    ["lets the shared node in to what is shared", shared, 5432, "accept"],
    ["lets no other tenant in to its own services", user2, 5678, "drop"],
    ["lets people in to its own services", stranger, 5678, "accept"],
    ["lets no stranger in to what is shared", stranger, 5432, "drop"],
  ])("%s", (_, from, port, expected) => {
    expect(verdict(specs.get("user1")?.inbound, from, port)).toBe(expected);
  });

  test("is reached from the others at those ports alone", () => {
    expect(verdict(specs.get("user2")?.outbound, user1, 5432)).toBe("accept");
    expect(verdict(specs.get("shared")?.outbound, user1, 5432)).toBe("accept");
    expect(verdict(specs.get("user2")?.outbound, user1, 5678)).toBe("drop");
    expect(verdict(specs.get("shared")?.outbound, user1, 5678)).toBe("drop");
  });
});

describe("Prometheus", () => {
  const monitored = {
    ...fleet,
    nodes: { ...fleet.nodes, second: { address: "10.0.6.20" } },
    services: {
      ...fleet.services,
      shared: {
        ...fleet.services.shared,
        prometheus: { node: "shared", env: {} },
        grafana: { node: "second", env: {} },
      },
    },
  };
  const specs = new Map(desiredFirewalls(monitored, catalog).map((spec) => [spec.node, spec]));

  test.each([
    ["is reached by Grafana on another node", "10.0.6.20", 9090, "accept"],
    ["is reached from the controller's machine", controller, 9090, "accept"],
    ["is not reached by a tenant", user1, 9090, "drop"],
    ["is not reached from outside", stranger, 9090, "drop"],
  ])("%s", (_, from, port, expected) => {
    expect(verdict(specs.get("shared")?.inbound, from, port)).toBe(expected);
  });

  test("is not opened by a tenant's containers, and itself reaches the controller", () => {
    expect(verdict(specs.get("user1")?.outbound, shared, 9090)).toBe("drop");
    expect(verdict(specs.get("shared")?.outbound, controller, 8421)).toBe("accept");
  });
});

test("people's networks can be narrowed", () => {
  const narrowed = { ...fleet, firewall: { enabled: true, clients: ["10.0.4.0/24"] } };
  const rules = desiredFirewalls(narrowed, catalog).find(({ node }) => node === "user1")?.inbound;
  expect(verdict(rules, "10.0.4.77", 5678)).toBe("accept");
  expect(verdict(rules, stranger, 5678)).toBe("drop");
});

test("switched off, no node has any rule", () => {
  const off = desiredFirewalls({ ...fleet, firewall: { enabled: false, clients: [] } }, catalog);
  for (const { inbound: first, outbound: second } of off) expect([...first, ...second]).toEqual([]);
});

describe("a node that keeps backups of others", () => {
  const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKq7FzgGGmAWYdcuSBqyMRAaSgQUP3IfJzLnm6Vq5yTD";
  const sftp = { host: shared, port: 22, user: "berth", path: "/backups", hostKey };
  const specs = desiredFirewalls({ ...fleet, backups: backupsSchema.parse({ target: { sftp } }) }, catalog);
  const rulesOf = (node: string) => specs.find((spec) => spec.node === node);

  test("lets their agents in at its sshd, and nobody else's node gets that", () => {
    expect(verdict(rulesOf("shared")?.inbound, user1, 22)).toBe("accept");
    expect(verdict(rulesOf("shared")?.inbound, user1, 23)).toBe("drop");
    expect(verdict(rulesOf("user1")?.inbound, user2, 22)).toBe("drop");
  });

  test("is no more open to their containers than before", () => {
    expect(verdict(rulesOf("user1")?.outbound, shared, 22)).toBe("drop");
  });
});
