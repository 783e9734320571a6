/** The fleet for other tools: as plain data, and as a dynamic inventory of Ansible. Pure. */
import type { Status } from "@berth/shared/api/status";
import type { Fleet } from "@berth/shared/fleet/schema";

export function berthInventory(status: Status, fleet: Fleet | null): Record<string, unknown> {
  return { ...status, tenants: Object.entries(fleet?.tenants ?? {}).map(([name, { node }]) => ({ name, node })) };
}

/**
 * What `ansible-inventory --list` of a dynamic inventory answers. Groups: `berth` with every node, `tenants` and `shared`,
 * and one per service. Group names carry '_' for '-', as Ansible asks for.
 */
export function ansibleInventory({ nodes, instances }: Status, fleet: Fleet | null): Record<string, unknown> {
  const tenantOf = new Map(Object.entries(fleet?.tenants ?? {}).map(([tenant, { node }]) => [node, tenant]));
  const groups = new Map<string, Set<string>>();
  const addTo = (group: string, host: string) => {
    const name = group.replaceAll("-", "_");
    groups.set(name, (groups.get(name) ?? new Set()).add(host));
  };
  for (const { name } of nodes) addTo(tenantOf.has(name) ? "tenants" : "shared", name);
  for (const { service, node } of instances) addTo(`service_${service}`, node);
  const hostvars = nodes.map(({ name, address, state, vmid }) => {
    const ssh = fleet?.nodes[name]?.ssh;
    const access = ssh === undefined || ssh === false ? { user: "root", port: 22 } : ssh;
    return [
      name,
      {
        ansible_host: address,
        ansible_user: access.user,
        ansible_port: access.port,
        berth_state: state,
        berth_vmid: vmid,
        berth_tenant: tenantOf.get(name) ?? null,
        berth_instances: instances.filter((instance) => instance.node === name).map((instance) => instance.name),
      },
    ];
  });
  return {
    _meta: { hostvars: Object.fromEntries(hostvars) },
    all: { children: ["berth"] },
    berth: { hosts: nodes.map(({ name }) => name), children: [...groups.keys()] },
    ...Object.fromEntries([...groups].map(([name, hosts]) => [name, { hosts: [...hosts] }])),
  };
}
