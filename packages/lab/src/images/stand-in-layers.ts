/** What the stand-ins' images have in common: their libraries and their sources, one layer each, whoever runs which. */
import { readdirSync, readFileSync } from "node:fs";
import { lock } from "./assets.ts";
import type { FileEntry, LayerDefinition, NpmLayer } from "./definition.ts";
import { baseLayer, filesLayer, nodeLayer } from "./layers.ts";

const sources = new URL("../stand-ins/", import.meta.url);
/** Where they are in an image. */
export const standInsDirectory = "/opt/stand-ins";
const folders = [
  "base",
  "clickhouse",
  "grafana",
  "langfuse",
  "neo4j",
  "ollama",
  "open-webui",
  "searxng",
  "supabase",
] as const;

const libraries: NpmLayer = {
  kind: "npm",
  // As in the lab's package.json; a test keeps them equal.
  dependencies: {
    httpxy: "0.5.6",
    ioredis: "6.0.0",
    jose: "6.2.18",
    minio: "8.0.7",
    pg: "8.23.1",
    ws: "8.23.0",
    yaml: "2.9.1",
    zod: "4.6.7",
  },
  overrides: {},
  lock: lock("stand-ins"),
  builtPackages: [],
  leaveOut: [],
};

const programs = filesLayer(
  { type: "directory", path: "opt/stand-ins" },
  // Modules are looked for from the program's folder upwards.
  { type: "link", path: "opt/stand-ins/node_modules", target: "/usr/local/lib/node_modules" },
  { type: "file", path: "opt/stand-ins/package.json", content: `{"type":"module"}\n` },
  ...folders.flatMap((folder) => filesOf(folder)),
);

export const standInLayers: readonly LayerDefinition[] = [baseLayer, nodeLayer, libraries, programs];

/** Runs one of the programs: `ollama/main.ts`. */
export function standInEntrypoint(program: string): string[] {
  // The programs are small: a heap of this size is plenty, and keeps Node from taking more because it could.
  return ["/usr/bin/tini", "--", "node", "--max-old-space-size=64", `${standInsDirectory}/${program}`];
}

export const standInLibraries: Readonly<Record<string, string>> = libraries.dependencies;

function filesOf(folder: string): FileEntry[] {
  return readdirSync(new URL(`${folder}/`, sources))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .toSorted()
    .map((name) => ({
      type: "file",
      path: `opt/stand-ins/${folder}/${name}`,
      content: readFileSync(new URL(`${folder}/${name}`, sources), "utf8"),
    }));
}
