/** The stored text as a fleet file beside which there may be services: what stands there stands there alone. Pure. */
import { isMap, isScalar, parseDocument } from "yaml";
import { serviceSchema, type Catalog } from "../catalog/schema.ts";
import { removeFromFleet } from "./edit.ts";
import { readYaml } from "./read-yaml.ts";
import { parseServiceFile, type TextFile } from "./service-file.ts";

export interface ExportedFleet {
  text: string;
  /** Names of services that are defined otherwise in their file: both stay, and one has to go. */
  differing: string[];
}

/** `text` must be a valid fleet file. */
export function exportFleet(text: string, services: readonly TextFile[], builtIn: Catalog): ExportedFleet {
  const differing: string[] = [];
  let exported = text;
  for (const file of services) {
    const { service } = parseServiceFile(file, builtIn);
    if (service === null) continue;
    const stored = storedService(exported, service.name);
    if (stored === undefined) continue;
    if (JSON.stringify(stored) === JSON.stringify(service)) exported = withoutService(exported, service.name);
    else differing.push(service.name);
  }
  return { text: exported, differing };
}

function storedService(text: string, name: string): unknown {
  const own = ownServices(text);
  return Object.hasOwn(own, name) ? serviceSchema.safeParse(own[name]).data : undefined;
}

function withoutService(text: string, name: string): string {
  const isLast = Object.keys(ownServices(text)).length === 1;
  const path = isLast ? ["catalog"] : ["catalog", name];
  return cutLines(text, path) ?? removeFromFleet(text, path);
}

/** Without the lines of an entry, every other one as it is; undefined where it shares lines with others. */
function cutLines(text: string, path: readonly string[]): string | undefined {
  const document = parseDocument(text);
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1));
  if (!isMap(parent) || parent.flow === true) return undefined;
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
  if (!isScalar(pair?.key) || !isMap(pair.value)) return undefined;
  const start = text.lastIndexOf("\n", (pair.key.range?.[0] ?? 0) - 1) + 1;
  const end = text.indexOf("\n", (pair.value.range?.[1] ?? 0) - 1) + 1;
  return text.slice(0, start) + (end === 0 ? "" : text.slice(end));
}

function ownServices(text: string): Record<string, unknown> {
  const { value } = { value: null, ...readYaml(text, "") };
  const catalog = isRecord(value) ? value["catalog"] : undefined;
  return isRecord(catalog) ? catalog : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
