import type { ImageDefinition } from "../definition.ts";
import { filesLayer } from "../layers.ts";
import { standInEntrypoint, standInLayers } from "../stand-in-layers.ts";
import { type Release, releases } from "../../stand-ins/open-webui/releases.ts";

/** Open WebUI is a Python program that neither Debian nor npm has; see stand-ins/open-webui. */
function standIn(release: Release): ImageDefinition {
  return {
    repository: "ghcr.io/open-webui/open-webui",
    tags: [release.tag],
    layers: [
      ...standInLayers,
      filesLayer(
        { type: "directory", path: "app" },
        { type: "directory", path: "app/backend" },
        { type: "directory", path: "app/backend/data" },
      ),
      filesLayer({ type: "file", path: "opt/stand-ins/open-webui/release", content: `${release.tag}\n` }),
    ],
    config: {
      env: { PORT: "8080", DATA_DIR: "/app/backend/data" },
      entrypoint: standInEntrypoint("open-webui/main.ts"),
      workingDirectory: "/app/backend",
      ports: [8080],
      volumes: ["/app/backend/data"],
    },
    source: "https://github.com/open-webui/open-webui",
    standIn: true,
    ...(release.lacksLayer === undefined ? {} : { lacksLayer: release.lacksLayer }),
  };
}

export const openWebui: readonly ImageDefinition[] = releases.map(standIn);
