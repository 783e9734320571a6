import { defineService } from "./schema.ts";

export default defineService({
  name: "ollama",
  title: "Ollama",
  description: "Runs language models; the fleet's `models` are pulled once it is healthy",
  website: "https://ollama.com",
  scope: "shared",
  image: "docker.io/ollama/ollama",
  version: "0.34.2",
  ports: [{ name: "http", container: 11_434, host: 11_434 }],
  env: {
    OLLAMA_HOST: "0.0.0.0:11434",
    // It has no accounts. Origins are asked for by browsers only, not by services: with '*', any website that somebody
    // of the LAN opens could pull and delete models. Firewalls keep everybody but the fleet away.
    OLLAMA_ORIGINS: "${route.url}",
    // One to chat with and one to embed with, within 4 GiB.
    OLLAMA_MAX_LOADED_MODELS: "2",
    OLLAMA_NUM_PARALLEL: "1",
  },
  volumes: [{ name: "models", path: "/root/.ollama" }],
  memory: "4GiB",
  cpus: 4,
  health: { http: { port: 11_434, path: "/api/version" } },
  stopTimeoutSeconds: 30,
  route: { port: "http" },
  backup: { method: "none", note: "Models are pulled again" },
  upgrade: { notes: "https://github.com/ollama/ollama/releases" },
});
