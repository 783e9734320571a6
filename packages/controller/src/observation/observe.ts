/** Gathers what is: LXCs from Proxmox, instances and images from agents, needs from their stores. Changes nothing. */
import { toBerthError } from "@berth/shared/errors";
import type { Observation } from "@berth/shared/protocol/state";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { Desired } from "../plan/desired.ts";
import type { DesiredNeed } from "../plan/desired-needs.ts";
import type { Observed, ObservedLxc, ObservedNeed, ObservedNode, ObservedPlacement, Seen } from "../plan/observed.ts";
import { unseenNode } from "../plan/observed.ts";

export interface ObservationSources {
  /** LXCs of a Proxmox connection that carry this fleet's marks, by node name. */
  lxcs: (proxmox: string) => Promise<ReadonlyMap<string, ObservedLxc>>;
  /** null: its agent is not connected. */
  node: (node: string) => Promise<Observation | null>;
  /** By hash. */
  specifications: () => Promise<ReadonlyMap<string, InstanceSpec>>;
  /** Of one store, by id of the operation that meets the need. */
  needs: (server: string, needs: readonly DesiredNeed[]) => Promise<ReadonlyMap<string, ObservedNeed>>;
}

/** What cannot be asked becomes `unseen` and a warning: one silent node holds up nothing but itself. */
export async function observeFleet(desired: Desired, sources: ObservationSources): Promise<Observed> {
  const warnings: string[] = [];
  const [lxcs, observations] = await Promise.all([
    observeLxcs(desired, sources, warnings),
    observeNodes(desired, sources, warnings),
  ]);
  const nodes = new Map(
    desired.nodes.map((node): [string, ObservedNode] => [
      node.name,
      toObservedNode(
        lxcs.has(node.name) ? (lxcs.get(node.name) ?? null) : "unseen",
        observations.get(node.name) ?? null,
      ),
    ]),
  );
  const [needs, specifications] = await Promise.all([
    observeNeeds(desired, nodes, sources, warnings),
    sources.specifications(),
  ]);
  return { nodes, needs, specifications, warnings };
}

async function observeLxcs(
  { nodes }: Desired,
  sources: ObservationSources,
  warnings: string[],
): Promise<Map<string, Seen<ObservedLxc | null>>> {
  const byConnection = Map.groupBy(
    nodes.flatMap(({ lxc }) => (lxc === null ? [] : [lxc])),
    (lxc) => lxc.proxmox,
  );
  const seen = new Map<string, Seen<ObservedLxc | null>>();
  await Promise.all(
    [...byConnection].map(async ([proxmox, lxcs]) => {
      try {
        const found = await sources.lxcs(proxmox);
        for (const { node } of lxcs) seen.set(node, found.get(node) ?? null);
      } catch (error) {
        warnings.push(
          `Proxmox '${proxmox}' could not be asked, its LXCs were not compared: ${toBerthError(error).message}`,
        );
      }
    }),
  );
  return seen;
}

async function observeNodes(
  { nodes }: Desired,
  sources: ObservationSources,
  warnings: string[],
): Promise<Map<string, Observation>> {
  const seen = new Map<string, Observation>();
  await Promise.all(
    nodes.map(async ({ name }) => {
      try {
        const observation = await sources.node(name);
        if (observation !== null) seen.set(name, observation);
      } catch (error) {
        warnings.push(`Node '${name}' did not answer: ${toBerthError(error).message}`);
      }
    }),
  );
  return seen;
}

function toObservedNode(lxc: Seen<ObservedLxc | null>, observation: Observation | null): ObservedNode {
  if (observation === null) return { ...unseenNode, lxc };
  return {
    lxc,
    agentOnline: true,
    images: new Set(observation.images),
    knowsDigests: observation.instances.some(({ containers }) =>
      containers.some(({ digests }) => digests !== undefined),
    ),
    // An agent from before there were firewalls has put none up.
    firewall: observation.firewall ?? null,
    instances: new Map(
      observation.instances.map(({ instance, hash, version, service, state, drift }): [string, ObservedPlacement] => [
        instance,
        { hash, version, service, state, drift },
      ]),
    ),
  };
}

/** Asks a store only when its instance runs: a node without one would cost a connection's deadline. */
async function observeNeeds(
  { needs }: Desired,
  nodes: ReadonlyMap<string, ObservedNode>,
  sources: ObservationSources,
  warnings: string[],
): Promise<Map<string, ObservedNeed>> {
  const seen = new Map<string, ObservedNeed>();
  await Promise.all(
    [...Map.groupBy(needs, (need) => need.server)].map(async ([server, wanted]) => {
      if (!isHealthy(server, nodes)) return;
      try {
        for (const [id, need] of await sources.needs(server, wanted)) seen.set(id, need);
      } catch (error) {
        warnings.push(toBerthError(error).message);
      }
    }),
  );
  return seen;
}

function isHealthy(instance: string, nodes: ReadonlyMap<string, ObservedNode>): boolean {
  return [...nodes.values()].some(
    ({ instances }) => instances !== "unseen" && instances.get(instance)?.state === "healthy",
  );
}
