/**
 * Where the agent is on a host. `node` and `current` are symlinks: a runtime or a version is put beside the others
 * whole, and one rename makes it count.
 */
export const installDirectory = "/opt/berth-agent";
export const stateDirectory = "/var/lib/berth-agent";
export const serviceName = "berth-agent.service";
export const unitFile = `/etc/systemd/system/${serviceName}`;
export const firewallServiceName = "berth-firewall.service";
export const firewallUnitFile = `/etc/systemd/system/${firewallServiceName}`;
