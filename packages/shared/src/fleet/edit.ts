/** Changes to a fleet file's text that keep its comments and order. Pure. */
import { isMap, isNode, isScalar, type Node, parseDocument, visit, type Document, type YAMLMap } from "yaml";
import { splice } from "./splice.ts";

/** Maps by name, in which a file that does not mention an entry leaves it as it is. */
const namedMaps = [
  ["proxmox"],
  ["templates"],
  ["nodes"],
  ["tenants"],
  ["services", "shared"],
  ["services", "tenant"],
  // Under pruning, what is used is in the given file: an own service that is not there is used by nothing.
  ["catalog"],
] as const;

/**
 * A node goes by `berth node remove` alone, which takes its agent off the host too: a node that merely left the file
 * would go on for ever, and nobody could reach it. Pruning keeps it, with what it may refer to.
 */
const unprunedMaps: readonly string[] = ["proxmox", "templates", "nodes"];

export interface MergedFleet {
  text: string;
  /** What the present state has and the given file does not mention: `tenants.user4`. */
  kept: string[];
}

/**
 * The given file, with what only the present one has, and what a command suspended still suspended; under `prune`, with
 * its nodes only. Both must be valid YAML maps.
 */
export function mergeFleet(present: string, given: string, { prune = false } = {}): MergedFleet {
  // The usual case of applying again: nothing can be missing.
  if (present === given) return { text: given, kept: [] };
  const from = parseDocument(present);
  // What is taken over must not refer to an anchor that stays behind.
  writeOut(from, anchorsIn(from));
  const into = parseDocument(given);
  const kept: string[] = [];
  let text = given;
  for (const path of namedMaps) {
    if (prune && !unprunedMaps.includes(path[0])) continue;
    const source = from.getIn(path);
    if (!isMap(source)) continue;
    for (const pair of source.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
      if (into.hasIn([...path, name])) continue;
      mapAt(into, path).items.push(pair);
      text = splice(text, [...path, name], into);
      kept.push([...path, name].join("."));
    }
  }
  for (const path of prune ? [] : suspendedPaths(from, into)) {
    text = setInFleet(text, path, true);
    kept.push(path.join("."));
  }
  const nodes = kept.filter((name) => name.startsWith("nodes."));
  if (kept.length === 0 || (prune && nodes.length === 0)) return { text: given, kept: [] };
  return { text, kept: prune ? nodes : kept };
}

/** A file that is applied again must not bring back what somebody has suspended, unless it says so. */
function suspendedPaths(from: Document, into: Document): string[][] {
  return suspendable(from).filter((path) => {
    const isToldOf = into.hasIn(path) || !hasPlaceFor(path, into);
    return from.getIn(path) === true && !isToldOf;
  });
}

/** Where a file may say that something is suspended: tenants, what is their own of a service, shared services. */
function suspendable(from: Document): string[][] {
  const tenants = namesIn(from, ["tenants"]).flatMap((tenant) => [
    ["tenants", tenant],
    ...namesIn(from, ["tenants", tenant, "services"]).map((name) => ["tenants", tenant, "services", name]),
  ]);
  const shared = namesIn(from, ["services", "shared"]).map((name) => ["services", "shared", name]);
  return [...tenants, ...shared].map((path) => [...path, "suspended"]);
}

/** Of a service that the given file takes from the tenant, or from all of them, there is nothing to suspend. */
function hasPlaceFor(path: readonly string[], into: Document): boolean {
  const above = path.slice(0, -1);
  const [scope, tenant = "", , service] = above;
  if (scope !== "tenants" || service === undefined) return isMap(into.getIn(above));
  const isOffered = into.hasIn(["services", "tenant", service]) && into.getIn(above) !== false;
  return isOffered && isMap(into.getIn(["tenants", tenant]));
}

function namesIn(document: Document, path: readonly string[]): string[] {
  const map = document.getIn(path);
  if (!isMap(map)) return [];
  return map.items.map(({ key }) => (isScalar(key) ? String(key.value) : String(key)));
}

/** Sets `value` at a path, making the maps on the way. Every other line stays as it is. */
export function setInFleet(text: string, path: readonly string[], value: unknown): string {
  const document = parseDocument(text);
  fillEmpty(document, path);
  document.setIn(path, document.createNode(value));
  return splice(text, path, document);
}

/** `n8n:` with nothing behind it, where something is to be set below, becomes a map, its comment before it. */
function fillEmpty(document: Document, path: readonly string[]): void {
  for (const depth of path.slice(0, -1).keys()) {
    const above = path.slice(0, depth + 1);
    const found = document.getIn(above, true);
    if (!isScalar(found) || found.value !== null) continue;
    const map = document.createNode({});
    const comment = found.commentBefore ?? found.comment;
    if (comment != null) map.commentBefore = comment;
    document.setIn(above, map);
  }
}

/** Takes out what is at a path. Every other line stays as it is, unless it refers to what goes. */
export function removeFromFleet(text: string, path: readonly string[]): string {
  const document = parseDocument(text);
  if (!document.hasIn(path)) return text;
  const removed = document.getIn(path, true);
  const anchors = isNode(removed) ? anchorsIn(document, removed) : new Map<string, unknown>();
  document.deleteIn(path);
  writeOut(document, anchors);
  return splice(text, path, document);
}

/** What the anchors (&name) below a node of the document stand for, by name. */
function anchorsIn(document: Document, root: Document | Node = document): Map<string, unknown> {
  const anchors = new Map<string, unknown>();
  visit(root, {
    Value: (_, node) => void (node.anchor !== undefined && anchors.set(node.anchor, node.toJS(document))),
  });
  return anchors;
}

/** Puts in place of each reference (*name) to one of these anchors what it stands for. */
function writeOut(document: Document, anchors: ReadonlyMap<string, unknown>): void {
  visit(document, {
    Alias: (_, { source }) => (anchors.has(source) ? document.createNode(anchors.get(source)) : undefined),
  });
}

function mapAt(document: Document, path: readonly string[]): YAMLMap {
  const found = document.getIn(path);
  if (isMap(found)) return found;
  const made = document.createNode({});
  document.setIn(path, made);
  return made;
}
