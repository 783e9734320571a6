import type { ImageDefinition } from "../definition.ts";
import { baseLayer, filesLayer, nodeLayer } from "../layers.ts";

export const flowise: ImageDefinition = {
  repository: "docker.io/flowiseai/flowise",
  tags: ["3.1.4"],
  layers: [
    baseLayer,
    nodeLayer,
    {
      kind: "npm",
      dependencies: {
        flowise: "3.1.4",
        // Flowise loads these two from the root of the tree without naming them.
        "@langchain/langgraph": "0.0.22",
        "@smithy/eventstream-codec": "4.0.4",
      },
      // Flowise's own lock file has these; with newer ones parts of it do not load.
      overrides: {
        "@langchain/core": "1.1.20",
        "@langchain/langgraph-checkpoint": "1.0.0",
        "@langchain/langgraph-sdk": "1.6.5",
        "langchain>@langchain/langgraph": "1.2.0",
      },
      builtPackages: ["flowise-ui"],
      leaveOut: [
        // For browsers, other systems' installers, and source code of native parts.
        "onnxruntime-web/dist/*.wasm",
        "@xenova/transformers/dist/*.wasm",
        "better-sqlite3/deps",
        "sqlite3/deps",
      ],
    },
    filesLayer(
      { type: "link", path: "usr/local/bin/flowise", target: "../lib/node_modules/flowise/bin/run" },
      { type: "directory", path: "root/.flowise", mode: 0o700 },
    ),
  ],
  config: {
    env: { NODE_ENV: "production" },
    entrypoint: ["/usr/bin/tini", "--", "flowise", "start"],
    workingDirectory: "/root",
    ports: [3000],
    volumes: ["/root/.flowise"],
  },
  source: "https://github.com/FlowiseAI/Flowise",
  standIn: false,
};
