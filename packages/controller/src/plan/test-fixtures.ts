/** Pure helpers of the planner's tests: the example fleet, and a world that operations change as the real one would. */
import { readFileSync } from "node:fs";
import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { desiredState, type Desired, type DesiredOptions } from "./desired.ts";
import { type Observed, type ObservedNode, type ObservedPlacement, unseenNode } from "./observed.ts";

export const desiredOptions: DesiredOptions = {
  catalog,
  registryMirror: null,
  agentVersion: "0.1.0",
  controllerCa: "CA",
  secretVersion: () => 1,
  givenSecret: () => null,
};

export function exampleFleet(): Fleet {
  const text = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");
  const { fleet, problems } = parseFleet(text, "fleet.yaml", catalog);
  if (fleet === null) throw new Error(JSON.stringify(problems));
  return fleet;
}

export function exampleDesired(options: Partial<DesiredOptions> = {}): Desired {
  return desiredState(exampleFleet(), { ...desiredOptions, ...options });
}

export function emptyWorld(desired: Desired): Observed {
  const nodes = desired.nodes.map(({ name }): [string, ObservedNode] => [name, { ...unseenNode, lxc: null }]);
  const specifications = new Map(desired.instances.map(({ spec }) => [spec.hash, spec]));
  return { nodes: new Map(nodes), needs: new Map(), specifications, warnings: [] };
}

/** The world after one operation has succeeded. */
export function perform(world: Observed, operation: PlannedOperation): Observed {
  const nodes = new Map(world.nodes);
  const needs = new Map(world.needs);
  const node = operation.node === null ? undefined : nodes.get(operation.node);
  if (node === undefined || operation.node === null) throw new Error(`${operation.id} concerns an unknown node`);
  switch (operation.kind) {
    case "lxc.ensure": {
      const { cores, memoryBytes, swapBytes, diskBytes, features, address } = operation.input;
      const resources = { cores, memoryBytes, swapBytes, diskBytes, features: features.toSorted(), address };
      nodes.set(operation.node, { ...node, lxc: { vmid: 100, status: "running", ...resources } });
      break;
    }
    case "agent.ensure":
      if (node.lxc === null) throw new Error(`${operation.id} before its LXC`);
      nodes.set(operation.node, {
        ...node,
        agentOnline: true,
        knowsDigests: true,
        images: node.images === "unseen" ? new Set() : node.images,
        instances: node.instances === "unseen" ? new Map() : node.instances,
        firewall: node.firewall === "unseen" ? null : node.firewall,
      });
      break;
    case "image.ensure":
      nodes.set(operation.node, { ...node, images: new Set([...imagesOf(node), operation.input.image]) });
      break;
    case "instance.ensure": {
      const { instance, hash, version, service, containers } = operation.input;
      const missing = containers.filter((container) => !imagesOf(node).has(container.image));
      if (missing.length > 0) throw new Error(`${operation.id} before its image`);
      const placement: ObservedPlacement = { hash, version, service, state: "healthy", drift: [] };
      nodes.set(operation.node, { ...node, instances: new Map([...instancesOf(node), [instance, placement]]) });
      break;
    }
    case "instance.remove": {
      const instances = new Map(instancesOf(node));
      instances.delete(operation.input.instance);
      nodes.set(operation.node, { ...node, instances });
      break;
    }
    case "firewall.ensure":
      if (!node.agentOnline) throw new Error(`${operation.id} before its agent`);
      nodes.set(operation.node, { ...node, firewall: operation.input.hash });
      break;
    case "database.ensure":
    case "collections.ensure":
    case "buckets.ensure":
    case "models.ensure":
      if (!instancesOf(node).has(operation.input.server)) throw new Error(`${operation.id} before its store`);
      needs.set(operation.id, { exists: true, differences: [] });
      break;
    default:
      throw new Error(`No plan of a fleet has ${operation.kind}`);
  }
  return { ...world, nodes, needs, warnings: [] };
}

function imagesOf(node: ObservedNode): ReadonlySet<string> {
  if (node.images === "unseen") throw new Error("No agent to ask for images");
  return node.images;
}

function instancesOf(node: ObservedNode): ReadonlyMap<string, ObservedPlacement> {
  if (node.instances === "unseen") throw new Error("No agent to ask for instances");
  return node.instances;
}

/** Performs a plan in an order that `pick` chooses among the operations whose dependencies are done. */
export function performAll(
  world: Observed,
  operations: readonly PlannedOperation[],
  pick: (ready: number) => number,
): Observed {
  const done = new Set<string>();
  let waiting = [...operations];
  let current = world;
  while (waiting.length > 0) {
    const ready = waiting.filter((operation) => operation.after.every((id) => done.has(id)));
    const next = ready[pick(ready.length)];
    if (next === undefined) throw new Error(`A cycle among ${waiting.map((operation) => operation.id).join(", ")}`);
    current = perform(current, next);
    done.add(next.id);
    waiting = waiting.filter((operation) => operation !== next);
  }
  return current;
}
