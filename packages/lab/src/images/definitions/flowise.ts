import { lock } from "../assets.ts";
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
      lock: lock("flowise-3.1.4"),
      builtPackages: ["flowise-ui"],
      leaveOut: [
        // For browsers.
        String.raw`/(onnxruntime-web|@xenova/transformers)/dist/.*\.wasm$`,
        // Sources of native parts.
        "/(better-sqlite3|couchbase|sqlite3)/deps/",
        // Second copies of what the main entry loads.
        "/@elevenlabs/elevenlabs-js/dist/",
        "/cohere-ai/dist/",
        String.raw`/(cloudflare|openai|@anthropic-ai/sdk|groq-sdk)/.*\.mjs$`,
        // A command line of its own, dependencies included.
        "/onnx-proto/node_modules/protobufjs/cli/",
      ],
    },
    filesLayer(
      { type: "link", path: "usr/local/bin/flowise", target: "../lib/node_modules/flowise/bin/run" },
      { type: "directory", path: "root/.flowise", mode: 0o700 },
    ),
  ],
  config: {
    entrypoint: ["/usr/bin/tini", "--", "flowise", "start"],
    workingDirectory: "/root",
    ports: [3000],
    volumes: ["/root/.flowise"],
  },
  source: "https://github.com/FlowiseAI/Flowise",
  standIn: false,
};
