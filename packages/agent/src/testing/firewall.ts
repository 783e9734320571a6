/** A node's firewall in a test's namespace, gone with its test. */
import { join } from "node:path";
import type { FirewallRule, FirewallSpec } from "@berth/shared/operations/firewall-ensure";
import { onTestFinished } from "vitest";
import { Firewall } from "../firewall/firewall.ts";
import { FirewallKeeper } from "../firewall/keeper.ts";
import { Nft } from "../firewall/nft.ts";
import { Journal } from "../journal/journal.ts";
import { silentLog } from "../log.ts";
import { ResourceLocks } from "../operations/locks.ts";
import type { Namespace } from "./namespace.ts";

export const never = new AbortController().signal;

export interface TestFirewall {
  firewall: Firewall;
  nft: Nft;
  journal: Journal;
}

let specifications = 0;

/** Each has a hash of its own. */
export function firewallSpec(rules: { inbound?: FirewallRule[]; outbound?: FirewallRule[] }): FirewallSpec {
  specifications += 1;
  return { node: "shared", hash: `hash-${specifications}`, inbound: [], outbound: [], ...rules };
}

/** `directory`: where the file for the next boot is. */
export function makeFirewall(namespace: Namespace, directory: string): TestFirewall {
  const [file, ...args] = namespace.inside(["nft"]);
  const nft = new Nft([file, ...args]);
  const journal = new Journal(":memory:");
  const firewall = new Firewall({ nft, desired: journal.firewall, file: join(directory, "firewall.nft") });
  onTestFinished(async () => {
    await firewall.ensure(firewallSpec({}), never);
    journal.close();
  });
  return { firewall, nft, journal };
}

/** Holds it to what is in force; `told` has each drift. */
export async function keepFirewall({ firewall, nft, journal }: TestFirewall) {
  const told: { drift: string; mended: boolean }[] = [];
  const keeper = new FirewallKeeper({
    firewall,
    nft,
    journal,
    locks: new ResourceLocks(),
    log: silentLog,
    onDrift: (drift, mended) => told.push({ drift, mended }),
  });
  onTestFinished(() => {
    keeper.stop();
  });
  await keeper.start();
  return { keeper, told };
}
