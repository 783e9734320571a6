/**
 * A firewall specification as a ruleset of nft(8), which replaces the table `inet berth` as a whole, or removes it when
 * the specification has no rules. Pure. docs/decisions/0011-firewall-judges-each-packet.md says why it is built so.
 */
import type { FirewallRule, FirewallSpec } from "@berth/shared/operations/firewall-ensure";
import { countedSets, expiringChain, isLimit, overLimit } from "./limits.ts";
import { distinctNetworks, everyAddress } from "./networks.ts";

export const table = { family: "inet", name: "berth" } as const;

/** Docker's default bridge, and those of its user-defined networks. */
const containerInterfaces = ["docker0", "br-*"] as const;

/** Where a packet of a connection that is judged says who the other side is, and which port it was made to. */
interface Packet {
  otherSide: "saddr" | "daddr";
  port: "sport" | "dport";
}

/** Packets in the direction of the connection, and those of the answers: both are judged, so that either stops at once. */
const inbound: Packet = { otherSide: "saddr", port: "dport" };
const inboundReply: Packet = { otherSide: "daddr", port: "sport" };
const outbound: Packet = { otherSide: "daddr", port: "dport" };
const outboundReply: Packet = { otherSide: "saddr", port: "sport" };

export function isEmpty(spec: Pick<FirewallSpec, "inbound" | "outbound">): boolean {
  return spec.inbound.length === 0 && spec.outbound.length === 0;
}

/** Input of `nft -f -`: one transaction, so that at each moment the old rules are in force or the new ones. */
export function renderRuleset(spec: Pick<FirewallSpec, "inbound" | "outbound">): string {
  // Declared first, since what is not there cannot be deleted.
  const removal = [`table ${table.family} ${table.name}`, `delete table ${table.family} ${table.name}`];
  if (isEmpty(spec)) return lines(removal);
  const chains = [
    ...(spec.inbound.length === 0 ? [] : inboundChains(spec.inbound)),
    ...(spec.outbound.length === 0 ? [] : outboundChains(spec.outbound)),
    ...forwardChains(spec),
  ];
  return lines([...removal, `table ${table.family} ${table.name} {`, ...chains, "}"]);
}

/** Before Docker's translation (priority -100) and behind conntrack (-200); the answers behind what is undone of it. */
function inboundChains(rules: readonly FirewallRule[]): string[] {
  const limits = rules.filter(isLimit).map((rule) => matches(rule, inbound));
  const answered = rules.filter((rule) => !isLimit(rule));
  return [
    ...countedSets(rules),
    ...(limits.length === 0 ? [] : chain("expiring", expiringChain(limits))),
    ...chain("inbound", judge(rules, inbound)),
    ...chain("inbound_reply", judge(answered, inboundReply)),
    ...chain("prerouting", [
      "type filter hook prerouting priority -150; policy accept;",
      'iifname "lo" accept',
      ...containerInterfaces.map((name) => `iifname "${name}" accept`),
      "ct direction reply accept",
      ...errorsAndNeighbours,
      // What only passes through, and what is addressed to a container: chain forward sees both.
      "fib daddr type unicast accept",
      "goto inbound",
    ]),
    ...chain("postrouting", [
      "type filter hook postrouting priority 150; policy accept;",
      'oifname "lo" accept',
      ...containerInterfaces.map((name) => `oifname "${name}" accept`),
      "ct direction original accept",
      ...errorsAndNeighbours,
      "fib saddr type != local accept",
      "goto inbound_reply",
    ]),
  ];
}

function outboundChains(rules: readonly FirewallRule[]): string[] {
  return [...chain("outbound", judge(rules, outbound)), ...chain("outbound_reply", judge(rules, outboundReply))];
}

/** Between containers and what is outside the node; between containers nothing is judged. */
function forwardChains(spec: Pick<FirewallSpec, "inbound" | "outbound">): string[] {
  const hasInbound = spec.inbound.length > 0;
  const hasOutbound = spec.outbound.length > 0;
  const leaving = [
    // No address but its own network's: a container that borrows another one would be taken for somebody else there.
    "fib saddr . iif oif missing drop",
    ...errorsAndNeighbours,
    // Answers of published ports are judged behind the translation, in postrouting; nobody outside may ask for others.
    ...(hasInbound ? ["ct direction reply ct status dnat accept", "ct direction reply drop"] : []),
    ...(hasOutbound ? ["ct direction reply accept", "goto outbound"] : []),
  ];
  const arriving = [
    ...errorsAndNeighbours,
    ...(hasOutbound ? ["ct direction reply goto outbound_reply"] : ["ct direction reply accept"]),
    // Addressed to a published port, and judged as such; a container's own address is no way round that.
    ...(hasInbound ? ["ct status dnat accept", "drop"] : []),
  ];
  return [
    ...chain("leaving", [...containerInterfaces.map((name) => `oifname "${name}" accept`), ...leaving]),
    ...chain("arriving", [...containerInterfaces.map((name) => `iifname "${name}" accept`), ...arriving]),
    ...chain("forward", [
      "type filter hook forward priority -10; policy accept;",
      ...containerInterfaces.map((name) => `iifname "${name}" goto leaving`),
      ...containerInterfaces.map((name) => `oifname "${name}" goto arriving`),
    ]),
  ];
}

/** What tells of errors of a connection is part of it; without its neighbours IPv6 does not work at all. */
const errorsAndNeighbours = ["meta l4proto icmp ct state related accept", "meta l4proto ipv6-icmp accept"];

function judge(rules: readonly FirewallRule[], packet: Packet): string[] {
  return [
    ...rules.flatMap((rule, index) => renderRule(rule, packet, index)),
    // Rules name IPv4 networks, since a fleet has no other addresses: IPv6 must not lead round them.
    "meta nfproto ipv6 drop",
  ];
}

/** One line; none for a rule that fits nothing. */
function renderRule(rule: FirewallRule, packet: Packet, index: number): string[] {
  if (rule.networks?.length === 0 || rule.ports?.length === 0) return [];
  return [[...matches(rule, packet), ...overLimit(rule, index), rule.verdict].join(" ")];
}

function matches({ networks, ports }: FirewallRule, { otherSide, port }: Packet): string[] {
  const found: string[] = [];
  if (networks !== null) {
    const distinct = distinctNetworks(networks);
    found.push(distinct.includes(everyAddress) ? "meta nfproto ipv4" : `ip ${otherSide} ${set(distinct)}`);
  }
  if (ports !== null) found.push(`tcp ${port} ${set([...new Set(ports)].toSorted((a, b) => a - b))}`);
  return found;
}

function set(elements: readonly (string | number)[]): string {
  return `{ ${elements.join(", ")} }`;
}

function chain(name: string, statements: readonly string[]): string[] {
  return [`\tchain ${name} {`, ...statements.map((statement) => `\t\t${statement}`), "\t}"];
}

function lines(text: readonly string[]): string {
  return `${text.join("\n")}\n`;
}
