/** Memory and CPU limits of the instances against what their nodes have. Pure. */
import type { InstanceCapacity, NodeCapacity } from "../api/capacity.ts";
import type { Catalog } from "../catalog/schema.ts";
import { isSuspended } from "./awake.ts";
import { placements, type Placement } from "./instances.ts";
import type { Fleet } from "./schema.ts";
import { parseSize, roundSize } from "./units.ts";

/** What systemd, sshd, the Docker engine with its shims and Berth's agent take on a node, with room to breathe. */
export const nodeReserve = parseSize("256MiB");

/** What a node says that it has. */
export interface NodeFacts {
  memoryBytes: number;
  cores: number;
}

/** `factsOf`: what an agent told of its host; a template says it for the LXCs that Berth makes. */
export function nodeCapacities(
  fleet: Fleet,
  builtIn: Catalog,
  factsOf: (node: string) => NodeFacts | null = () => null,
): NodeCapacity[] {
  const placed = Map.groupBy(placements(fleet, builtIn), ({ node }) => node);
  return Object.keys(fleet.nodes).map((name) => nodeCapacity(fleet, name, placed.get(name) ?? [], factsOf(name)));
}

/** One sentence with its figures for each node whose instances may use more memory than it has. */
export function capacityWarnings(
  fleet: Fleet,
  builtIn: Catalog,
  factsOf?: (node: string) => NodeFacts | null,
): string[] {
  return nodeCapacities(fleet, builtIn, factsOf).flatMap(overcommitment);
}

/** Suspended instances use nothing: a node is overcommitted by those that run. */
function overcommitment(node: NodeCapacity): string[] {
  const { memoryBytes, limitBytes, systemBytes, instances } = node;
  if (memoryBytes === null) return [];
  const missing = limitBytes + systemBytes - memoryBytes;
  if (missing <= 0) return [];
  const running = instances.filter(({ suspended }) => !suspended);
  const many = running.length === 1 ? `'${running[0]?.name}'` : `its ${running.length} instances`;
  const whose = node.template === null ? "it has" : `template '${node.template}' gives it`;
  return [
    `node '${node.name}' is overcommitted by ${roundSize(missing)}: ${many} may use ${roundSize(limitBytes)} of memory, ` +
      `the system takes ${roundSize(systemBytes)}, and ${whose} ${roundSize(memoryBytes)}`,
  ];
}

function nodeCapacity(fleet: Fleet, name: string, placed: readonly Placement[], facts: NodeFacts | null): NodeCapacity {
  const { template, ...has } = specificationOf(fleet, name, facts);
  const instances = placed.map((placement) => instanceCapacity(fleet, placement));
  const running = placed.filter((_, index) => instances[index]?.suspended === false);
  const limitBytes = sum(running.map(memoryLimit));
  const suspendedBytes = sum(instances.map(({ suspended, memoryBytes }) => (suspended ? memoryBytes : 0)));
  return {
    name,
    template,
    ...has,
    limitBytes,
    systemBytes: nodeReserve,
    suspendedBytes,
    headRoomBytes: has.memoryBytes === null ? null : has.memoryBytes - nodeReserve - limitBytes - suspendedBytes,
    cpus: sum(running.flatMap(cpuLimits)),
    unlimitedContainers: sum(running.map((placement) => containerCount(placement) - cpuLimits(placement).length)),
    instances,
  };
}

type Specification = Pick<NodeCapacity, "source" | "template" | "memoryBytes" | "cores">;

function specificationOf(fleet: Fleet, name: string, facts: NodeFacts | null): Specification {
  const template = lxcTemplate(fleet, name);
  if (template !== null) {
    const { memory, cores } = template;
    return { source: "template", template: template.name, memoryBytes: memory, cores };
  }
  if (facts === null) return { source: null, template: null, memoryBytes: null, cores: null };
  return { source: "agent", template: null, memoryBytes: facts.memoryBytes, cores: facts.cores };
}

/** What the LXC of a node is made by; null for a host that exists. */
export function lxcTemplate(fleet: Fleet, node: string): (Fleet["templates"][string] & { name: string }) | null {
  const { proxmox, template: name } = fleet.nodes[node] ?? {};
  const template = proxmox === undefined || name === undefined ? undefined : fleet.templates[name];
  return template === undefined || name === undefined ? null : { ...template, name };
}

function instanceCapacity(fleet: Fleet, placement: Placement): InstanceCapacity {
  const { instance, service, tenant } = placement;
  return {
    name: instance,
    service: service.name,
    tenant,
    containers: containerCount(placement),
    memoryBytes: memoryLimit(placement),
    cpus: sum(cpuLimits(placement)),
    suspended: isSuspended(fleet, { tenant, service: service.name }),
  };
}

function containerCount({ service }: Placement): number {
  return 1 + service.parts.length;
}

/** Of all containers of an instance; an override is for the main one. */
export function memoryLimit({ service, overrides }: Pick<Placement, "service" | "overrides">): number {
  return (overrides.memory ?? service.memory) + sum(service.parts.map(({ memory }) => memory));
}

/** Of those containers that have one. */
function cpuLimits({ service, overrides }: Placement): number[] {
  return [overrides.cpus ?? service.cpus, ...service.parts.map(({ cpus }) => cpus)].filter(
    (cpus) => cpus !== undefined,
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
