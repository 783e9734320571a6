/** Ports of the node that lead to another container than Docker's own rules say, for as long as a table of nftables stands. */
import type { Nft } from "../firewall/nft.ts";

export interface RedirectedPort {
  /** As others connect to it. */
  host: number;
  /** Where what was sent to it is taken instead. */
  to: number;
}

const family = "ip";
const prefix = "berth-standby-";
/** Docker's own translation is at -100: a connection is translated once, by whom comes first. */
const priority = -101;

/** Each instance has a table of its own, so that one is made and taken back in one transaction whatever others do. */
export class Redirects {
  readonly #nft: Pick<Nft, "apply" | "tables">;

  constructor(nft: Pick<Nft, "apply" | "tables">) {
    this.#nft = nft;
  }

  /** New connections go there from now on; those that are open stay where they are. */
  async open(instance: string, ports: readonly RedirectedPort[], signal: AbortSignal): Promise<void> {
    await this.#nft.apply(openRuleset(instance, ports), signal);
  }

  /** No error when there is none. */
  async close(instance: string, signal: AbortSignal): Promise<void> {
    await this.#nft.apply(closeRuleset(instance), signal);
  }

  /** Names of the instances whose ports are redirected. */
  async instances(signal: AbortSignal): Promise<string[]> {
    const tables = await this.#nft.tables(family, signal);
    return tables.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }
}

/** What comes from elsewhere and from containers passes prerouting, what the node itself asks for passes output. */
export function openRuleset(instance: string, ports: readonly RedirectedPort[]): string {
  const rules = ports.map(({ host, to }) => `fib daddr type local tcp dport ${host} redirect to :${to}`);
  const chains = ["prerouting", "output"].flatMap((hook) => [
    `chain ${hook} {`,
    `type nat hook ${hook} priority ${priority}; policy accept;`,
    ...rules,
    "}",
  ]);
  return `${closeRuleset(instance)}${[`table ${family} ${prefix}${instance} {`, ...chains, "}"].join("\n")}\n`;
}

/** Added first: nft fails to delete what is not there. */
function closeRuleset(instance: string): string {
  const table = `table ${family} ${prefix}${instance}`;
  return `add ${table}\ndelete ${table}\n`;
}
