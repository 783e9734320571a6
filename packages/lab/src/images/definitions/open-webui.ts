import { readFileSync } from "node:fs";
import type { ImageDefinition } from "../definition.ts";
import { baseLayer, filesLayer, nodeLayer } from "../layers.ts";
import { type Release, releases } from "../../stand-ins/open-webui/releases.ts";

const program = ["main.ts", "settings.ts", "database.ts", "server.ts", "misbehaviour.ts", "releases.ts"] as const;

/** Open WebUI is a Python program that neither Debian nor npm has; see stand-ins/open-webui. */
function standIn(release: Release): ImageDefinition {
  return {
    repository: "ghcr.io/open-webui/open-webui",
    tags: [release.tag],
    layers: [
      baseLayer,
      nodeLayer,
      filesLayer(
        { type: "directory", path: "app" },
        { type: "directory", path: "app/backend" },
        { type: "directory", path: "app/backend/data" },
        ...program.map((name) => ({ type: "file" as const, path: `app/backend/${name}`, content: sourceOf(name) })),
        { type: "file", path: "app/backend/package.json", content: `{"type":"module"}\n` },
      ),
      filesLayer({ type: "file", path: "app/backend/release", content: `${release.tag}\n` }),
    ],
    config: {
      env: { PORT: "8080", DATA_DIR: "/app/backend/data" },
      entrypoint: ["/usr/bin/tini", "--", "node", "/app/backend/main.ts"],
      workingDirectory: "/app/backend",
      ports: [8080],
      volumes: ["/app/backend/data"],
    },
    source: "https://github.com/open-webui/open-webui",
    standIn: true,
  };
}

function sourceOf(name: string): string {
  return readFileSync(new URL(`../../stand-ins/open-webui/${name}`, import.meta.url), "utf8");
}

export const openWebui: readonly ImageDefinition[] = releases.map(standIn);
