/** Where the drill's containers are from the node: within the drill they know each other by name. Pure. */
import { BerthError } from "@berth/shared/errors";
import type { DrillNeed } from "@berth/shared/operations/backup-drill";
import type { BackupSource } from "@berth/shared/operations/backup-source";
import { drillName } from "./names.ts";

/** By the container's name within the drill. */
export type Addresses = ReadonlyMap<string, string>;

/** The source as the agent reaches it. */
export function locateSource(source: BackupSource, addresses: Addresses): BackupSource {
  switch (source.kind) {
    case "volume":
      return { ...source, volume: drillName(source.volume) };
    case "database":
      return { ...source, host: addressOf(source.host, addresses) };
    case "collections":
      return { ...source, url: locateUrl(source.url, addresses) };
    case "buckets":
      return { ...source, endpoint: addressOf(source.endpoint, addresses) };
  }
}

export function locateNeed(need: DrillNeed, addresses: Addresses): DrillNeed {
  switch (need.kind) {
    case "database":
      return { ...need, host: addressOf(need.host, addresses) };
    case "collections":
      return { ...need, url: locateUrl(need.url, addresses) };
    case "buckets":
      return { ...need, endpoint: addressOf(need.endpoint, addresses) };
  }
}

function locateUrl(text: string, addresses: Addresses): string {
  const url = new URL(text);
  url.hostname = addressOf(url.hostname, addresses);
  return url.href;
}

/** Whatever is not in the drill is refused: nothing is ever restored into a store that serves somebody. */
function addressOf(name: string, addresses: Addresses): string {
  const address = addresses.get(name);
  if (address !== undefined) return address;
  throw new BerthError("request.invalid", `The drill has no container ${name} to restore to.`, {
    hint: "The agent is of another version than the controller: berth node upgrade-agent --outdated.",
  });
}
