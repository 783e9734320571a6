/**
 * What Berth writes into pg_hba.conf, which says who may connect from where; the first line that fits decides. Berth's
 * block ends by refusing every connection over the network, so that what nobody allowed is not allowed. Pure.
 */
import { BerthError } from "@berth/shared/errors";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";

export interface AccessRules {
  needs: readonly Pick<DatabaseNeed, "database" | "role" | "clientAddress">[];
  /** Address of the server's own node: instances there come in through Docker's masquerading. */
  serverAddress: string;
  /** Address of the controller as the server sees it; null: it connects through the Unix socket. */
  controllerAddress: string | null;
  /** Addresses of nodes with a PgBouncer: through it any role may come, and it reads verifiers as the superuser. */
  poolerAddresses?: readonly string[];
}

const begin = "# BEGIN berth";
const end = "# END berth";
const explanation = [
  "# Written by Berth, and written anew when it differs. Lines of your own go above this block, where they win over it;",
  "# below it, only lines of the type local are reached.",
];

/** The lines of Berth's block, its marks included. */
export function accessBlock(rules: AccessRules): string[] {
  const { needs, serverAddress, controllerAddress, poolerAddresses = [] } = rules;
  const sorted = needs.toSorted((a, b) => (a.database < b.database ? -1 : 1));
  const viaPooler = poolerAddresses.flatMap((address) => addressesOf(address, serverAddress));
  return [
    begin,
    ...explanation,
    ...superuserAddresses(controllerAddress).map((address) => line("all", "postgres", address, "scram-sha-256")),
    ...viaPooler.map((address) => line("postgres", "postgres", address, "scram-sha-256")),
    ...new Set(sorted.flatMap((need) => needLines(need, rules))),
    line("all", "all", "all", "reject"),
    line("replication", "all", "all", "reject"),
    end,
  ];
}

/** Lines that let a database's role in, with every login that is a member of it. */
export function needLines(
  { database, role, clientAddress }: AccessRules["needs"][number],
  { serverAddress, poolerAddresses = [] }: Pick<AccessRules, "serverAddress" | "poolerAddresses">,
): string[] {
  const addresses = [clientAddress, ...poolerAddresses].flatMap((address) => addressesOf(address, serverAddress));
  return [...new Set(addresses)].map((address) => line(quote(database), `+${quote(role)}`, address, "scram-sha-256"));
}

/** As the server sees clients on the node with that address. */
function addressesOf(address: string, serverAddress: string): string[] {
  return [cidr(address), ...(address === serverAddress ? ["samenet"] : [])];
}

/** The file with Berth's block as given: in place of the one that is there, or before everything else. */
export function withBlock(text: string, block: readonly string[]): string {
  const { before, after } = split(text);
  return [...before, ...block, ...after].join("\n");
}

/** The lines of the block that is there; undefined: there is none. */
export function readBlock(text: string): string[] | undefined {
  return split(text).block;
}

/** Number, from 1, of the line in which Berth's block begins. */
export function blockStart(text: string): number {
  return split(text).before.length + 1;
}

/** A block whose end was lost goes on as far as its lines are such as Berth writes. */
function split(text: string): { before: string[]; block: string[] | undefined; after: string[] } {
  const lines = text.split("\n");
  const first = lines.indexOf(begin);
  if (first === -1) return { before: [], block: undefined, after: lines };
  const last = lines.indexOf(end, first);
  const next = last === -1 ? lines.findIndex((text_, index) => index > first && !isOurs(text_)) : last + 1;
  const stop = next === -1 ? lines.length : next;
  return { before: lines.slice(0, first), block: lines.slice(first, stop), after: lines.slice(stop) };
}

function isOurs(text: string): boolean {
  return text.startsWith("host\t") || explanation.includes(text);
}

function superuserAddresses(controllerAddress: string | null): string[] {
  const loopback = ["127.0.0.1/32", "::1/128"];
  const controller = controllerAddress === null ? [] : [cidr(controllerAddress)];
  return [...new Set([...loopback, ...controller])];
}

function cidr(address: string): string {
  return `${address}/${address.includes(":") ? 128 : 32}`;
}

function line(database: string, user: string, address: string, method: string): string {
  return ["host", database, user, address, method].join("\t");
}

/** Quoted, no name is a keyword. Names of the planner have no others; anything else must not become a line of its own. */
function quote(name: string): string {
  if (/^[a-z0-9_]+$/.test(name)) return `"${name}"`;
  throw new BerthError("internal", `'${name}' cannot stand in pg_hba.conf`);
}
