import { join } from "node:path";

/** Where a listener is: an address and port, or a Unix socket. */
export type Listen = { host: string; port: number } | { socket: string };

export interface ServeOptions {
  /** Everything the controller keeps, mode 0700: /var/lib/berth. */
  stateDirectory: string;
  /** What the fleet file's relative paths are under: /etc/berth. */
  configurationDirectory: string;
  /** Unix socket of the CLI on this machine; whoever may open it may do anything. */
  socket: string;
  /** The page and API without TLS: loopback, or a Unix socket behind a proxy. */
  page: Listen;
  /** TLS listener for agents and remote CLIs. */
  agents: { host: string; port: number };
  /** Registry that stands in front of every image, for fleets that name none. */
  registryMirror: string | null;
  /** PEM file of the mirror's CA. */
  registryMirrorCaFile: string | null;
}

export function statePaths(stateDirectory: string) {
  return {
    inventory: join(stateDirectory, "inventory.sqlite"),
    metrics: join(stateDirectory, "metrics.sqlite"),
    authority: join(stateDirectory, "authority"),
    ssh: join(stateDirectory, "ssh"),
    downloads: join(stateDirectory, "downloads"),
  };
}
