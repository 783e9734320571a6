/** The order in which a plan may be carried out. Pure. */
import { BerthError } from "@berth/shared/errors";

export interface GraphNode {
  id: string;
  after: readonly string[];
}

/** Throws `internal` unless every id is there once, every dependency exists, and nothing waits for itself. */
export function checkGraph(nodes: readonly GraphNode[]): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  if (byId.size !== nodes.length) throw planMistake("two operations have the same id");
  for (const node of nodes) {
    const missing = node.after.find((id) => !byId.has(id));
    if (missing !== undefined) throw planMistake(`${node.id} comes after ${missing}, which is not in it`);
  }
  const cycle = findCycle(nodes);
  if (cycle !== undefined) throw planMistake(`these operations wait for each other: ${cycle.join(", ")}`);
}

/** Ids of the operations that directly come after each. */
export function dependentsOf<Node extends GraphNode>(nodes: readonly Node[]): Map<string, Node[]> {
  const dependents = new Map<string, Node[]>(nodes.map((node) => [node.id, []]));
  for (const node of nodes) {
    for (const id of new Set(node.after)) dependents.get(id)?.push(node);
  }
  return dependents;
}

/** Takes away what waits for nothing until nothing moves; what is left waits for itself. */
function findCycle(nodes: readonly GraphNode[]): string[] | undefined {
  const waitsFor = new Map(nodes.map((node) => [node.id, new Set(node.after).size]));
  const dependents = dependentsOf(nodes);
  const free = nodes.filter((node) => node.after.length === 0).map((node) => node.id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    waitsFor.delete(id);
    for (const dependent of dependents.get(id) ?? []) {
      const left = (waitsFor.get(dependent.id) ?? 0) - 1;
      waitsFor.set(dependent.id, left);
      if (left === 0) free.push(dependent.id);
    }
  }
  return waitsFor.size === 0 ? undefined : [...waitsFor.keys()];
}

function planMistake(what: string): BerthError {
  return new BerthError("internal", `The plan cannot be carried out: ${what}`, {
    hint: "This is a mistake in Berth; please report it with the plan.",
  });
}
