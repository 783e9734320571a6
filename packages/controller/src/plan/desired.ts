/** From a validated fleet to what must exist: LXCs, agents, databases, instances. Pure. */
import type { Catalog, Service } from "@berth/shared/catalog/schema";
import { hostPorts, placements, type Placement } from "@berth/shared/fleet/instances";
import { serverOf } from "@berth/shared/fleet/needs";
import type { Fleet, FleetNode } from "@berth/shared/fleet/schema";
import { databaseName, instanceName } from "@berth/shared/names";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import type { OperationInput } from "@berth/shared/operations/index";
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import { resolveEnvironment } from "./environment.ts";
import { hashOf } from "./hash.ts";

export interface DesiredNode {
  name: string;
  address: string;
  /** null: a host that exists, which Berth does not make. */
  lxc: OperationInput<"lxc.ensure"> | null;
  /** null: a host without SSH, where somebody pastes the line of `berth node token`. */
  agent: OperationInput<"agent.ensure"> | null;
}

export interface DesiredInstance {
  spec: InstanceSpec;
  /** Database it needs, if any. */
  database: DatabaseNeed | null;
  /** Instances that must be healthy before. */
  needs: string[];
}

export interface Desired {
  nodes: DesiredNode[];
  instances: DesiredInstance[];
}

export interface DesiredOptions {
  catalog: Catalog;
  /** Registry in front of every image, for a fleet that names none. */
  registryMirror: string | null;
  agentVersion: string;
  /** Present version of a secret; 1 for one that does not exist yet. */
  secretVersion: (name: string) => number;
}

export function desiredState(fleet: Fleet, options: DesiredOptions): Desired {
  return {
    nodes: Object.entries(fleet.nodes).map(([name, node]) => desiredNode(fleet, name, node, options)),
    instances: placements(fleet, options.catalog).map((placement) => desiredInstance(fleet, placement, options)),
  };
}

function desiredNode(fleet: Fleet, name: string, node: FleetNode, options: DesiredOptions): DesiredNode {
  const template = node.template === undefined ? undefined : fleet.templates[node.template];
  const lxc =
    node.proxmox === undefined || template === undefined
      ? null
      : {
          node: name,
          proxmox: node.proxmox,
          vmid: node.vmid ?? null,
          address: node.address,
          cores: template.cores,
          memoryBytes: template.memory,
          swapBytes: template.swap ?? 0,
          diskBytes: template.disk,
          features: template.features,
        };
  return { name, address: node.address, lxc, agent: agentInput(name, node, options.agentVersion) };
}

/** null: a node without SSH. */
export function agentInput(
  name: string,
  { address, ssh }: FleetNode,
  version: string,
): OperationInput<"agent.ensure"> | null {
  if (ssh === false) return null;
  return {
    node: name,
    address,
    version,
    ssh: {
      user: ssh?.user ?? "root",
      port: ssh?.port ?? 22,
      hostKey: ssh?.hostKey ?? null,
      identityFile: ssh?.identityFile ?? null,
    },
  };
}

function desiredInstance(fleet: Fleet, placement: Placement, options: DesiredOptions): DesiredInstance {
  const { service, tenant, node, instance } = placement;
  const database = databaseNeed(fleet, placement);
  const container = containerSpec(fleet, placement, database, options);
  const body = {
    instance,
    service: service.name,
    version: placement.overrides.version ?? service.version,
    tenant,
    node,
    containers: [container],
  };
  return { spec: { ...body, hash: hashOf(body) }, database, needs: neededInstances(service) };
}

function neededInstances(service: Service): string[] {
  const servers = service.needs.map(serverOf);
  return [...new Set(servers)].map((server) => instanceName(null, server));
}

function databaseNeed(fleet: Fleet, { service, tenant, instance, node }: Placement): DatabaseNeed | null {
  const need = service.needs.find((candidate) => candidate.kind === "database");
  if (need === undefined) return null;
  const name = databaseName(tenant, service.name);
  return {
    server: instanceName(null, "postgres"),
    instance,
    database: name,
    role: name,
    extensions: need.extensions,
    clientAddress: fleet.nodes[node]?.address ?? "0.0.0.0",
  };
}

function containerSpec(
  fleet: Fleet,
  placement: Placement,
  database: DatabaseNeed | null,
  options: DesiredOptions,
): ContainerSpec {
  const { service, overrides, instance } = placement;
  const cpus = overrides.cpus ?? service.cpus;
  return {
    name: instance,
    image: imageReference(
      service.image,
      overrides.version ?? service.version,
      fleet.images.mirror ?? options.registryMirror,
    ),
    ...(service.command === undefined ? {} : { command: service.command }),
    ...(service.user === undefined ? {} : { user: service.user }),
    env: resolveEnvironment({
      fleet,
      catalog: options.catalog,
      placement,
      database,
      secretVersion: options.secretVersion,
    }),
    ports: hostPorts(service, overrides),
    volumes: service.volumes.map(({ name, path }) => ({ volume: name, path })),
    memoryBytes: overrides.memory ?? service.memory,
    ...(cpus === undefined ? {} : { cpus }),
    stopTimeoutSeconds: service.stopTimeoutSeconds,
    health: service.health,
  };
}

/** A mirror takes the registry's place and keeps the path: docker.io/n8nio/n8n -> 10.0.6.1:5000/n8nio/n8n. */
function imageReference(image: string, tag: string, mirror: string | null): string {
  if (mirror === null) return `${image}:${tag}`;
  return `${mirror}/${image.slice(image.indexOf("/") + 1)}:${tag}`;
}
