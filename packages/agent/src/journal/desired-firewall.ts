/** The firewall that the node was told to have, once it was in force: what it is held to, and loaded again at a start. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type FirewallSpec, firewallSpecSchema } from "@berth/shared/operations/firewall-ensure";
import * as z from "zod";

export interface KeptFirewall {
  spec: FirewallSpec;
  /** Of the table as the kernel had it right after it was made. */
  digest: string;
}

const rowSchema = z.object({ spec: z.string(), digest: z.string() });

export class DesiredFirewall {
  readonly #set: StatementSync;
  readonly #get: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: DatabaseSync) {
    this.#set = database.prepare(
      `INSERT INTO desired_firewall (id, spec, digest) VALUES (1, ?, ?)
       ON CONFLICT (id) DO UPDATE SET spec = excluded.spec, digest = excluded.digest`,
    );
    this.#get = database.prepare("SELECT spec, digest FROM desired_firewall");
    this.#remove = database.prepare("DELETE FROM desired_firewall");
  }

  set({ spec, digest }: KeptFirewall): void {
    this.#set.run(JSON.stringify(spec), digest);
  }

  get(): KeptFirewall | undefined {
    const row = this.#get.get();
    if (row === undefined) return undefined;
    const { spec, digest } = rowSchema.parse(row);
    return { spec: firewallSpecSchema.parse(JSON.parse(spec)), digest };
  }

  remove(): void {
    this.#remove.run();
  }
}
