import { catalog } from "@berth/shared/catalog/index";
import type { Part, Service } from "@berth/shared/catalog/schema";
import type { FileEntry, ImageConfig, ImageDefinition } from "../definition.ts";
import { filesLayer } from "../layers.ts";
import { standInEntrypoint, standInLayers } from "../stand-in-layers.ts";

interface Program {
  /** Below stand-ins/. */
  program: string;
  /** `supabase` or, of a part, `supabase/auth`: its image and version are the catalog's. */
  of: string;
  source: string;
  /** Tags beside the catalog's, to be upgraded to. */
  otherVersions?: readonly string[];
  config?: Omit<ImageConfig, "entrypoint">;
  directories?: readonly string[];
  onDemand?: boolean;
}

/** Made up: as its tags are written. */
export const laterSearxng = "2026.10.2-5d0f1c7ae";

/** Programs in Go, Java, C++, Python, Haskell and Elixir, which neither Debian (or too old) nor npm has; see stand-ins/. */
const programs: readonly Program[] = [
  {
    program: "ollama/main.ts",
    of: "ollama",
    source: "https://github.com/ollama/ollama",
    config: { ports: [11_434], volumes: ["/root/.ollama"] },
    directories: ["root/.ollama"],
  },
  // Debian has 18.16, of 2018; Langfuse 4 demands 25.12.
  {
    program: "clickhouse/main.ts",
    of: "clickhouse",
    source: "https://github.com/ClickHouse/ClickHouse",
    config: { ports: [8123, 9000], volumes: ["/var/lib/clickhouse"] },
    directories: ["etc/clickhouse-server/config.d", "var/lib/clickhouse"],
  },
  {
    program: "searxng/main.ts",
    of: "searxng",
    source: "https://github.com/searxng/searxng",
    otherVersions: [laterSearxng],
    config: { ports: [8080], volumes: ["/var/cache/searxng"] },
    directories: ["etc/searxng", "var/cache/searxng"],
  },
  {
    program: "neo4j/main.ts",
    of: "neo4j",
    source: "https://github.com/neo4j/neo4j",
    config: { ports: [7474, 7687], volumes: ["/data", "/logs"] },
    directories: ["data", "logs"],
  },
  {
    program: "langfuse/web.ts",
    of: "langfuse",
    source: "https://github.com/langfuse/langfuse",
    config: { ports: [3000] },
  },
  {
    program: "langfuse/worker.ts",
    of: "langfuse/worker",
    source: "https://github.com/langfuse/langfuse",
    config: { ports: [3030] },
  },
  {
    program: "grafana/main.ts",
    of: "grafana",
    source: "https://github.com/grafana/grafana",
    config: { ports: [3000], volumes: ["/var/lib/grafana"] },
    directories: ["etc/grafana", "var/lib/grafana"],
    onDemand: true,
  },
  {
    program: "supabase/gateway.ts",
    of: "supabase",
    source: "https://github.com/envoyproxy/envoy",
    config: { ports: [8000], command: ["-c", "/etc/envoy/envoy.yaml"] },
    directories: ["etc/envoy"],
  },
  { program: "supabase/auth.ts", of: "supabase/auth", source: "https://github.com/supabase/auth" },
  { program: "supabase/rest.ts", of: "supabase/rest", source: "https://github.com/PostgREST/postgrest" },
  { program: "supabase/realtime.ts", of: "supabase/realtime", source: "https://github.com/supabase/realtime" },
  { program: "supabase/imgproxy.ts", of: "supabase/imgproxy", source: "https://github.com/imgproxy/imgproxy" },
  {
    program: "supabase/storage.ts",
    of: "supabase/storage",
    source: "https://github.com/supabase/storage",
    directories: ["var/lib/storage"],
  },
  { program: "supabase/meta.ts", of: "supabase/meta", source: "https://github.com/supabase/postgres-meta" },
  {
    program: "supabase/studio.ts",
    of: "supabase/studio",
    source: "https://github.com/supabase/supabase",
    directories: ["app/snippets"],
  },
];

export const standIns: readonly ImageDefinition[] = programs.map(imageOf);

function imageOf(described: Program): ImageDefinition {
  const { program, of, source, otherVersions = [], config = {}, directories = [], onDemand = false } = described;
  const { image, version } = containerOf(of);
  const entries = directories.flatMap(withParents).map((path): FileEntry => ({ type: "directory", path }));
  return {
    repository: image,
    tags: [version, ...otherVersions],
    layers: entries.length === 0 ? standInLayers : [...standInLayers, filesLayer(...entries)],
    config: { ...config, entrypoint: standInEntrypoint(program) },
    ...(onDemand ? { onDemand } : {}),
    source,
    standIn: true,
  };
}

/** The folders that the layers below do not have. */
function withParents(path: string): string[] {
  return path.startsWith("app/") ? ["app", path] : [path];
}

function containerOf(name: string): Service | Part {
  const [service = "", part] = name.split("/");
  const found = catalog.get(service);
  const container = part === undefined ? found : found?.parts.find((candidate) => candidate.name === part);
  if (container === undefined) throw new Error(`The catalog has no ${name}`);
  return container;
}
