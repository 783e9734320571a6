/** Where the agent keeps and finds things; every path can be moved by the environment, for tests and odd hosts. */
import { join } from "node:path";

export interface AgentConfig {
  /** Identity and journal; 0700, files 0600. */
  stateDirectory: string;
  /** `versions/<version>/agent.mjs` and the symlink `current`. */
  installDirectory: string;
  dockerSocket: string;
  /** Docker's directory of registry certificates. */
  registryCertificates: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function readConfig(environment: Environment = process.env): AgentConfig {
  return {
    stateDirectory: environment.BERTH_AGENT_STATE ?? "/var/lib/berth-agent",
    installDirectory: environment.BERTH_AGENT_INSTALL ?? "/opt/berth-agent",
    dockerSocket: (environment.DOCKER_SOCKET ?? "/var/run/docker.sock").replace(/^unix:\/\//, ""),
    registryCertificates: environment.BERTH_REGISTRY_CERTIFICATES ?? "/etc/docker/certs.d",
  };
}

export const identityFile = (config: AgentConfig): string => join(config.stateDirectory, "identity.pem");
export const pendingKeyFile = (config: AgentConfig): string => join(config.stateDirectory, "pending.key");
export const caFile = (config: AgentConfig): string => join(config.stateDirectory, "ca.pem");
export const enrolmentFile = (config: AgentConfig): string => join(config.stateDirectory, "enrolment.json");
export const journalFile = (config: AgentConfig): string => join(config.stateDirectory, "journal.db");
/** Of what tools write while they run. */
export const pipesDirectory = (config: AgentConfig): string => join(config.stateDirectory, "pipes");
export const upgradeFile = (config: AgentConfig): string => join(config.stateDirectory, "upgrade.json");
/** Named in berth-firewall.service, too. */
export const firewallFile = (config: AgentConfig): string => join(config.stateDirectory, "firewall.nft");
