import { lock } from "../assets.ts";
import type { ImageDefinition } from "../definition.ts";
import { baseLayer, filesLayer, nodeLayer } from "../layers.ts";

/** Releases whose whole dependency tree npm serves (2.41.3 is not one of them), newest first; an upgrade needs two. */
const versions = ["2.41.1", "2.40.7"] as const;

function imageOf(version: (typeof versions)[number]): ImageDefinition {
  return {
    repository: "docker.io/n8nio/n8n",
    tags: [version],
    layers: [
      baseLayer,
      nodeLayer,
      {
        kind: "npm",
        dependencies: { n8n: version },
        overrides: {},
        lock: lock(`n8n-${version}`),
        builtPackages: ["n8n-editor-ui", "@n8n/design-system"],
        leaveOut: ["/cohere-ai/dist/", "/sqlite3/deps/"],
      },
      filesLayer(
        { type: "link", path: "usr/local/bin/n8n", target: "../lib/node_modules/n8n/bin/n8n" },
        { type: "directory", path: "home/node", uid: 1000, gid: 1000 },
        { type: "directory", path: "home/node/.n8n", uid: 1000, gid: 1000, mode: 0o700 },
      ),
    ],
    config: {
      user: "node",
      env: { NODE_ENV: "production", N8N_RELEASE_TYPE: "stable", HOME: "/home/node" },
      entrypoint: ["/usr/bin/tini", "--", "n8n"],
      workingDirectory: "/home/node",
      ports: [5678],
      volumes: ["/home/node/.n8n"],
    },
    onDemand: version !== versions[0],
    source: "https://github.com/n8n-io/n8n",
    standIn: false,
  };
}

/** The real n8n, which migrates the real database, and dies instead of serving it: an upgrade has to go all the way back. */
function dyingImageOf(version: (typeof versions)[number], tag: string): ImageDefinition {
  const image = imageOf(version);
  const program = "usr/local/bin/n8n-that-dies";
  const script = [
    "#!/bin/sh",
    // Any command of n8n's migrates first; started again, it dies at once.
    "[ -e /home/node/migrated ] || n8n list:workflow >/dev/null",
    "touch /home/node/migrated",
    `echo "n8n ${tag} dies of what it has migrated" >&2`,
    "exit 1",
    "",
  ].join("\n");
  return {
    ...image,
    tags: [tag],
    layers: [...image.layers, filesLayer({ type: "file", path: program, content: script, mode: 0o755 })],
    config: { ...image.config, entrypoint: ["/usr/bin/tini", "--", `/${program}`] },
    onDemand: true,
    standIn: true,
  };
}

export const n8n: readonly ImageDefinition[] = [...versions.map(imageOf), dyingImageOf("2.41.1", "2.41.2-dies")];
