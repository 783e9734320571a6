/**
 * How many connections one address may have at a time, in the words of nft(8): conntrack counts them per source address
 * in a dynamic set. Only what opens a connection is counted and judged, so that nothing that is open is ever cut. Pure.
 */
import type { FirewallRule } from "@berth/shared/operations/firewall-ensure";

/** Addresses of one rule that have connections at the same time; an address beyond them would not be counted. */
const mostAddresses = 65_535;

/** A rule that limits a number and keeps nobody out; one that fits nothing is none. */
export function isLimit({ connections, networks, ports }: FirewallRule): boolean {
  return connections !== undefined && networks?.length !== 0 && ports?.length !== 0;
}

/** A set for each limit, by its rule's place: two rules with the same number still count by themselves. */
export function countedSets(rules: readonly FirewallRule[]): string[] {
  return rules.flatMap((rule, index) =>
    isLimit(rule) ? [`\tset ${setName(index)} { type ipv4_addr; size ${mostAddresses}; flags dynamic; }`] : [],
  );
}

/** The part of a rule's line that fits only what is beyond its limit. */
export function overLimit({ connections }: FirewallRule, index: number): string[] {
  if (connections === undefined) return [];
  return [`ct state new add @${setName(index)} { ip saddr ct count over ${connections} }`];
}

/**
 * Before conntrack (-200): a reset whose time to live ends on this node never reaches the container, but conntrack would
 * take the connection for closed, and count it no longer while the server still holds it.
 */
export function expiringChain(limits: readonly (readonly string[])[]): string[] {
  return [
    "type filter hook prerouting priority -300; policy accept;",
    ...limits.map((matches) => [...matches, "ip ttl < 2 drop"].join(" ")),
  ];
}

function setName(index: number): string {
  return `counted_${index}`;
}
