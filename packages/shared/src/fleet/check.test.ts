import { describe, expect, test } from "vitest";
import { changed, formattedProblems, lineOf, place, withN8n } from "./testing/example.ts";

/** n8n of one tenant with settings of its own. */
function withN8nOfUser2(settings: string): string {
  return changed("user2: { node: user2 }", `user2: { node: user2, services: { n8n: { ${settings} } } }`);
}

describe("an instance against its node's template", () => {
  test("for every tenant: told once, where it is written", () => {
    expect(formattedProblems(withN8n("memory: 64GiB, cpus: 40"))).toEqual([
      `${place("    n8n: #", 20)}: services.tenant.n8n.memory: '64GiB' is more than the 4GiB of template 'tenant'`,
      `${place("    n8n: #", 33)}: services.tenant.n8n.cpus: '40' is more than the 2 cores of template 'tenant'`,
    ]);
  });

  test("for one tenant: told at that tenant, unless it is what every tenant gets", () => {
    expect(formattedProblems(withN8nOfUser2("memory: 5GiB"))).toEqual([
      `${place("user2: { node", 52)}: tenants.user2.services.n8n.memory: '5GiB' is more than the 4GiB of template 'tenant'`,
    ]);
    const common = withN8nOfUser2("cpus: 1").replace("    n8n: #", "    n8n: { memory: 5GiB } #");
    expect(formattedProblems(common)).toEqual([
      `${place("    n8n: #", 20)}: services.tenant.n8n.memory: '5GiB' is more than the 4GiB of template 'tenant'`,
    ]);
  });

  test("for a shared service", () => {
    expect(formattedProblems(changed("redis: { node: shared }", "redis: { node: shared, cpus: 8.5 }"))).toEqual([
      `${place("redis: {", 34)}: services.shared.redis.cpus: '8.5' is more than the 8 cores of template 'shared'`,
    ]);
  });

  test("all of the LXC is not too much, and of a host that exists nothing is known", () => {
    expect(formattedProblems(withN8n("memory: 4GiB, cpus: 2"))).toEqual([]);
    expect(formattedProblems(withN8nOfUser2("memory: 64GiB").replace("10.0.6.12, proxmox: pve", "10.0.6.12"))).toEqual(
      [],
    );
  });
});

describe("a host port of the node's SSH server", () => {
  test("is refused once for every tenant", () => {
    expect(formattedProblems(withN8n("hostPort: 22"))).toEqual([
      `${place("    n8n: #", 22)}: services.tenant.n8n.hostPort: '22' is the port of the node's SSH server`,
    ]);
  });

  test("is the port that the node says, and none where there is no SSH", () => {
    const elsewhere = (ssh: string, hostPort: number): string =>
      withN8nOfUser2(`hostPort: ${hostPort}`).replace("address: 10.0.6.12", `address: 10.0.6.12, ssh: ${ssh}`);
    expect(formattedProblems(elsewhere("{ port: 2222 }", 22))).toEqual([]);
    expect(formattedProblems(elsewhere("{ port: 2222 }", 2222))).toHaveLength(1);
    expect(formattedProblems(elsewhere("false", 22))).toEqual([]);
  });
});

describe("addresses and networks", () => {
  test("a gateway outside the network of the nodes", () => {
    expect(formattedProblems(changed("gateway: 10.0.6.1", "gateway: 10.0.7.1"))).toEqual([
      `${place("gateway: ", 14)}: proxmox.pve.gateway: '10.0.7.1' is outside 10.0.6.0/24, the network of node 'shared'`,
    ]);
  });

  test("a node outside the gateway's network, be it the first", () => {
    for (const node of ["shared: { address: 10.0.6.10", "user2: { address: 10.0.6.12"]) {
      const text = changed(node, node.replace("10.0.6.", "10.0.7."));
      expect(formattedProblems(text)).toEqual([
        expect.stringMatching(
          new RegExp(
            `^fleet\\.yaml:${lineOf(node)}:\\d+: nodes\\.\\w+\\.address: '10\\.0\\.7\\.\\d+' is outside 10\\.0\\.6\\.0/24, the network of gateway 10\\.0\\.6\\.1$`,
          ),
        ),
      ]);
    }
  });

  test("without a gateway, a node outside the others' network", () => {
    const text = changed("    gateway: 10.0.6.1\n", "").replace("address: 10.0.6.13", "address: 10.1.6.13");
    expect(formattedProblems(text)).toEqual([
      `${place("user3: { address", 21, text)}: nodes.user3.address: '10.1.6.13' is outside 10.0.6.0/24, the network of node 'shared'`,
    ]);
  });

  test("the prefix decides: /16 joins what /24 parts, /28 parts what /24 joins", () => {
    const apart = changed("address: 10.0.6.13", "address: 10.0.7.13");
    const withPrefix = (text: string, length: number): string =>
      text.replace("gateway: 10.0.6.1\n", `gateway: 10.0.6.1\n    prefixLength: ${length}\n`);
    expect(formattedProblems(withPrefix(apart, 16))).toEqual([]);
    const text = withPrefix(changed("address: 10.0.6.13", "address: 10.0.6.17"), 28);
    expect(formattedProblems(text)).toEqual([
      `${place("user3: { address", 21, text)}: nodes.user3.address: '10.0.6.17' is outside 10.0.6.0/28, the network of gateway 10.0.6.1`,
    ]);
  });

  test.each([
    ["10.0.6.1", "'10.0.6.1' is the gateway's"],
    ["10.0.6.0", "'10.0.6.0' is no host's: 10.0.6.0/24 reserves its first and last address"],
    ["10.0.6.255", "'10.0.6.255' is no host's: 10.0.6.0/24 reserves its first and last address"],
    ["10.0.6.2", "'10.0.6.2' is the Proxmox VE host's"],
  ])("a node at %s", (address, message) => {
    const text = changed("host: 10.0.6.1", "host: 10.0.6.2").replace("address: 10.0.6.1\n", "address: 10.0.6.9\n");
    expect(formattedProblems(text.replace("address: 10.0.6.13", `address: ${address}`))).toEqual([
      `${place("user3: { address", 21)}: nodes.user3.address: ${message}`,
    ]);
  });

  test("a node at the controller's address is told once, though that is the gateway's too", () => {
    expect(formattedProblems(changed("address: 10.0.6.13", "address: 10.0.6.1"))).toEqual([
      `${place("user3: { address", 21)}: nodes.user3.address: '10.0.6.1' is taken by the controller`,
    ]);
  });

  test("a host that exists may be in any network", () => {
    expect(formattedProblems(changed("address: 10.0.6.13, proxmox: pve", "address: 192.168.1.13"))).toEqual([]);
  });
});
