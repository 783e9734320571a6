import { readdirSync, readFileSync } from "node:fs";
import type { ImageDefinition } from "../definition.ts";
import { baseLayer, filesLayer, nodeLayer } from "../layers.ts";
import { version } from "../../stand-ins/qdrant/service.ts";

const folder = new URL("../../stand-ins/qdrant/", import.meta.url);

/** Nothing but Node is needed to run these: what they import of packages are types alone. */
const program = readdirSync(folder)
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  .toSorted();

/** Qdrant is a Rust program that neither Debian nor npm has; see stand-ins/qdrant. */
export const qdrant: ImageDefinition = {
  repository: "docker.io/qdrant/qdrant",
  tags: [`v${version}`],
  layers: [
    baseLayer,
    nodeLayer,
    filesLayer(
      { type: "directory", path: "qdrant" },
      { type: "directory", path: "qdrant/storage" },
      { type: "directory", path: "qdrant/snapshots" },
      { type: "directory", path: "qdrant/stand-in" },
      ...program.map((name) => ({
        type: "file" as const,
        path: `qdrant/stand-in/${name}`,
        content: readFileSync(new URL(name, folder), "utf8"),
      })),
      { type: "file", path: "qdrant/stand-in/package.json", content: `{"type":"module"}\n` },
    ),
  ],
  config: {
    // A small heap is plenty for it, and keeps Node from taking more because it could.
    entrypoint: ["/usr/bin/tini", "--", "node", "--max-old-space-size=128", "/qdrant/stand-in/main.ts"],
    workingDirectory: "/qdrant",
    ports: [6333],
    volumes: ["/qdrant/storage", "/qdrant/snapshots"],
  },
  source: "https://github.com/qdrant/qdrant",
  standIn: true,
};
