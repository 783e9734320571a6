/** A plausible fleet: the four LXCs of the design document, three tenants, fourteen instances. */
import { instanceStatusSchema, nodeStatusSchema, type InstanceStatus, type NodeStatus } from "@berth/shared/api/status";

export const gib = 1024 ** 3;
export const mib = 1024 ** 2;

interface Placement {
  service: string;
  version: string;
  port: number;
  /** What it uses on average, and may use. */
  cores: number;
  memory: number;
  limit: number;
}

const shared: Placement[] = [
  { service: "postgres", version: "17.11", port: 5432, cores: 0.22, memory: 1.3 * gib, limit: 4 * gib },
  { service: "redis", version: "7.4.8", port: 6379, cores: 0.02, memory: 38 * mib, limit: 512 * mib },
  { service: "qdrant", version: "v1.19.0", port: 6333, cores: 0.11, memory: 620 * mib, limit: 2 * gib },
  { service: "minio", version: "2026-06-18", port: 9000, cores: 0.05, memory: 210 * mib, limit: gib },
  { service: "traefik", version: "v3.7.11", port: 443, cores: 0.03, memory: 64 * mib, limit: 256 * mib },
];

const perTenant: Placement[] = [
  { service: "openwebui", version: "v0.11.2", port: 3000, cores: 0.16, memory: 690 * mib, limit: 1.5 * gib },
  { service: "n8n", version: "2.41.3", port: 5678, cores: 0.21, memory: 460 * mib, limit: 1.25 * gib },
  { service: "flowise", version: "3.1.4", port: 3001, cores: 0.07, memory: 290 * mib, limit: gib },
];

/** What a container of an instance uses on average. */
export function loadOf(service: string): Placement {
  const found = [...shared, ...perTenant].find((placement) => placement.service === service);
  if (!found) throw new Error(`No service ${service} in the stand-in's fleet`);
  return found;
}

const threeTenants = ["user1", "user2", "user3"];

export function makeNodes(now: number, tenants: readonly string[] = threeTenants): NodeStatus[] {
  return ["shared", ...tenants].map((name, index) => {
    const isShared = name === "shared";
    return nodeStatusSchema.parse({
      name,
      address: `10.0.6.${10 + index}`,
      state: "online",
      agentVersion: "0.1.0",
      outdated: false,
      lastSeen: new Date(now).toISOString(),
      clockSkewMilliseconds: 3 + index,
      vmid: 110 + index,
      facts: {
        hostname: name,
        os: "Debian GNU/Linux 12 (bookworm)",
        kernel: "6.14.11-4-pve",
        architecture: "x86_64",
        cores: isShared ? 8 : 2,
        memoryBytes: isShared ? 16 * gib : 4 * gib,
        dockerVersion: "28.5.1",
        cgroupVersion: 2,
      },
    });
  });
}

export function makeInstances(now: number, tenants: readonly string[] = threeTenants): InstanceStatus[] {
  const ofShared = shared.map((placement) => makeInstance("shared", null, placement, now));
  const ofTenants = tenants.flatMap((tenant) =>
    perTenant.map((placement) => makeInstance(tenant, tenant, placement, now)),
  );
  return [...ofShared, ...ofTenants];
}

function makeInstance(node: string, tenant: string | null, placement: Placement, now: number): InstanceStatus {
  const name = `${tenant ?? "shared"}-${placement.service}`;
  // One instance that is made of two containers.
  const containers = name === "user2-n8n" ? [name, `${name}-worker`] : [name];
  return instanceStatusSchema.parse({
    name,
    service: placement.service,
    node,
    tenant,
    state: "healthy",
    version: placement.version,
    drift: [],
    ports: [placement.port],
    containers: containers.map((container, index) => ({
      name: container,
      id: `${name.length}f${index}c0ffee`,
      image: `registry.lab:5000/${placement.service}:${placement.version}`,
      imageId: `sha256:${placement.service}`,
      state: "running",
      startedAt: new Date(now - 7_260_000).toISOString(),
      restarts: 0,
    })),
  });
}
