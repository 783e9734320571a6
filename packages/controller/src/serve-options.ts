/** What `berth serve` was told; the controller's defaults live in the command. */
export interface Listen {
  host: string;
  port: number;
}

export interface ServeOptions {
  /** Absolute path: database, keys, certificates, fleet file. */
  stateDirectory: string;
  /** Absolute path of the Unix socket for the CLI on this machine. */
  socket: string;
  /** Page and API without TLS. */
  page: Listen;
  /** TLS listener for agents and remote CLIs. */
  agents: Listen;
}
