/** Changes to a fleet file's text that keep its comments and order. Pure. */
import { isMap, isScalar, parseDocument, type Document, type YAMLMap } from "yaml";

/** Maps by name, in which a file that does not mention an entry leaves it as it is. */
const namedMaps = [
  ["proxmox"],
  ["templates"],
  ["nodes"],
  ["tenants"],
  ["services", "shared"],
  ["services", "tenant"],
] as const;

export interface MergedFleet {
  text: string;
  /** What the present state has and the given file does not mention: `tenants.user4`. */
  kept: string[];
}

/** The given file, with what only the present one has. Both must be valid YAML maps. */
export function mergeFleet(present: string, given: string): MergedFleet {
  const from = parseDocument(present);
  const into = parseDocument(given);
  const kept: string[] = [];
  for (const path of namedMaps) {
    const source = from.getIn(path);
    if (!isMap(source)) continue;
    for (const pair of source.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
      if (into.hasIn([...path, name])) continue;
      mapAt(into, path).items.push(pair);
      kept.push([...path, name].join("."));
    }
  }
  return { text: kept.length === 0 ? given : into.toString(), kept };
}

/** Names that the present file has and the given one does not: what pruning takes out. */
export function prunedNames(present: string, given: string): string[] {
  return mergeFleet(present, given).kept;
}

/** Sets `value` at a path, making the maps on the way. */
export function setInFleet(text: string, path: readonly string[], value: unknown): string {
  const document = parseDocument(text);
  document.setIn(path, document.createNode(value));
  return document.toString();
}

/** Takes out what is at a path; a text without it comes back as it was. */
export function removeFromFleet(text: string, path: readonly string[]): string {
  const document = parseDocument(text);
  if (!document.hasIn(path)) return text;
  document.deleteIn(path);
  return document.toString();
}

function mapAt(document: Document, path: readonly string[]): YAMLMap {
  const found = document.getIn(path);
  if (isMap(found)) return found;
  const made = document.createNode({});
  document.setIn(path, made);
  return made;
}
