import type { FirewallRule } from "@berth/shared/operations/firewall-ensure";
import { describe, expect, it } from "vitest";
import { distinctNetworks } from "./networks.ts";
import { renderRuleset } from "./ruleset.ts";

const rule = (networks: string[] | null, ports: number[] | null, verdict: FirewallRule["verdict"]): FirewallRule => ({
  networks,
  ports,
  verdict,
});

/** Statements of a chain; undefined: there is no such chain. */
function chainOf(ruleset: string, name: string): string[] | undefined {
  return new RegExp(`\tchain ${name} \\{\n([^}]*(?:\\{[^}]*\\}[^}]*)*?)\n\t\\}`)
    .exec(ruleset)?.[1]
    ?.split("\n")
    .map((line) => line.trim());
}

describe("renderRuleset", () => {
  const inbound = [rule(["10.0.6.11", "10.0.4.10"], [6333, 5432], "accept"), rule(["10.0.6.0/24"], null, "drop")];
  const outbound = [rule(["10.0.6.10"], [5432], "accept"), rule(null, [22], "drop")];

  it("replaces the table as a whole, in one transaction", () => {
    expect(renderRuleset({ inbound, outbound }).split("\n").slice(0, 3)).toEqual([
      "table inet berth",
      "delete table inet berth",
      "table inet berth {",
    ]);
  });

  it("leaves no table when there are no rules", () => {
    expect(renderRuleset({ inbound: [], outbound: [] })).toBe("table inet berth\ndelete table inet berth\n");
  });

  it("judges both directions of a connection by the same rules, in their order", () => {
    const ruleset = renderRuleset({ inbound, outbound });
    const judged = ["inbound", "inbound_reply", "outbound", "outbound_reply"].map((name) => chainOf(ruleset, name));
    expect(judged).toEqual([
      [
        "ip saddr { 10.0.4.10, 10.0.6.11 } tcp dport { 5432, 6333 } accept",
        "ip saddr { 10.0.6.0/24 } drop",
        "meta nfproto ipv6 drop",
      ],
      [
        "ip daddr { 10.0.4.10, 10.0.6.11 } tcp sport { 5432, 6333 } accept",
        "ip daddr { 10.0.6.0/24 } drop",
        "meta nfproto ipv6 drop",
      ],
      ["ip daddr { 10.0.6.10 } tcp dport { 5432 } accept", "tcp dport { 22 } drop", "meta nfproto ipv6 drop"],
      ["ip saddr { 10.0.6.10 } tcp sport { 5432 } accept", "tcp sport { 22 } drop", "meta nfproto ipv6 drop"],
    ]);
  });

  it("judges what comes in before Docker's translation, and never what comes from containers or the node itself", () => {
    expect(chainOf(renderRuleset({ inbound, outbound: [] }), "prerouting")).toEqual([
      "type filter hook prerouting priority -150; policy accept;",
      'iifname "lo" accept',
      'iifname "docker0" accept',
      'iifname "br-*" accept',
      "ct direction reply accept",
      "meta l4proto icmp ct state related accept",
      "meta l4proto ipv6-icmp accept",
      "fib daddr type unicast accept",
      "goto inbound",
    ]);
  });

  it("has only the chains of the direction that has rules", () => {
    const names = (text: string) => [...text.matchAll(/chain (\w+)/g)].map(([, name]) => name);
    expect(names(renderRuleset({ inbound, outbound: [] }))).toEqual([
      ...["inbound", "inbound_reply", "prerouting", "postrouting", "leaving", "arriving", "forward"],
    ]);
    expect(names(renderRuleset({ inbound: [], outbound }))).toEqual([
      ...["outbound", "outbound_reply", "leaving", "arriving", "forward"],
    ]);
  });

  it("leaves out rules that fit nothing, and reads every address as any of IPv4", () => {
    const rules = [
      rule([], [80], "accept"),
      rule(["10.0.6.1"], [], "accept"),
      rule(["0.0.0.0/0"], [443], "accept"),
      rule(null, null, "drop"),
    ];
    expect(chainOf(renderRuleset({ inbound: rules, outbound: [] }), "inbound")).toEqual([
      "meta nfproto ipv4 tcp dport { 443 } accept",
      "drop",
      "meta nfproto ipv6 drop",
    ]);
  });
});

describe("a limit of connections", () => {
  const limit = (port: number): FirewallRule => ({ ...rule(["10.0.6.11"], [port], "drop"), connections: 64 });
  const open = rule(["10.0.6.11"], [5432, 6333], "accept");
  const ruleset = renderRuleset({ inbound: [limit(5432), limit(6333), open], outbound: [] });

  it("fits only what opens one more than it allows, each counted in a set of its own", () => {
    expect(ruleset.match(/set \w+ \{ type ipv4_addr; size 65535; flags dynamic; \}/g)).toHaveLength(2);
    expect(chainOf(ruleset, "inbound")).toEqual([
      "ip saddr { 10.0.6.11 } tcp dport { 5432 } ct state new add @counted_0 { ip saddr ct count over 64 } drop",
      "ip saddr { 10.0.6.11 } tcp dport { 6333 } ct state new add @counted_1 { ip saddr ct count over 64 } drop",
      "ip saddr { 10.0.6.11 } tcp dport { 5432, 6333 } accept",
      "meta nfproto ipv6 drop",
    ]);
  });

  it("says nothing of answers", () => {
    expect(chainOf(ruleset, "inbound_reply")).toEqual([
      "ip daddr { 10.0.6.11 } tcp sport { 5432, 6333 } accept",
      "meta nfproto ipv6 drop",
    ]);
  });

  it("drops what expires on the node before conntrack sees it", () => {
    expect(chainOf(ruleset, "expiring")).toEqual([
      "type filter hook prerouting priority -300; policy accept;",
      "ip saddr { 10.0.6.11 } tcp dport { 5432 } ip ttl < 2 drop",
      "ip saddr { 10.0.6.11 } tcp dport { 6333 } ip ttl < 2 drop",
    ]);
  });
});

describe("distinctNetworks", () => {
  it.each([
    [["10.0.6.11", "10.0.6.11"], ["10.0.6.11"]],
    [
      ["10.0.6.12", "10.0.6.5/24", "10.0.5.255"],
      ["10.0.5.255", "10.0.6.0/24"],
    ],
    [
      ["10.1.2.0/24", "10.0.0.0/8", "192.168.0.0/16"],
      ["10.0.0.0/8", "192.168.0.0/16"],
    ],
    [["10.0.6.11", "0.0.0.0/0"], ["0.0.0.0/0"]],
  ])("makes of %j %j", (networks, expected) => {
    expect(distinctNetworks(networks)).toEqual(expected);
  });
});
