import { Environment, type Variables } from "../base/environment.ts";

/** Those of the original's settings that this stand-in has heard of; the original refuses a name that it does not know. */
const known = new Set([
  "server.bolt.advertised_address",
  "server.http.advertised_address",
  "server.default_advertised_address",
  "server.default_listen_address",
  "server.memory.heap.initial_size",
  "server.memory.heap.max_size",
  "server.memory.pagecache.size",
  "dbms.usage_report.enabled",
]);

/** Of the image itself, or of the stand-in: no settings. */
const others = /^NEO4J_(AUTH|PLUGINS|EDITION|HOME|SHA256|TARBALL|ACCEPT_LICENSE_AGREEMENT|DATA|HTTP_PORT|BOLT_PORT)$/;

export interface Neo4jSettings {
  password: string;
  boltAddress: string;
}

/** The environment as the image's entrypoint reads it: NEO4J_server_memory_heap_max__size -> server.memory.heap.max_size. */
export function readNeo4jSettings(variables: Variables): Neo4jSettings {
  const settings = new Map<string, string>();
  for (const [name, value] of Object.entries(variables)) {
    if (!name.startsWith("NEO4J_") || others.test(name) || value === undefined) continue;
    const setting = name
      .slice("NEO4J_".length)
      .split("__")
      .map((part) => part.replaceAll("_", "."))
      .join("_");
    if (!known.has(setting)) throw new Error(`Unrecognized setting. No declared setting with name: ${setting}`);
    settings.set(setting, value);
  }
  for (const name of known) {
    if (name.includes(".memory.") && !/^\d+[kmg]?$/i.test(settings.get(name) ?? "0"))
      throw new Error(`${name} must be a size: 512m`);
  }
  const [user, ...password] = new Environment(variables).text("NEO4J_AUTH").split("/");
  if (user !== "neo4j") throw new Error("NEO4J_AUTH must begin with neo4j/: it is the only user to start with");
  if (password.join("/").length < 8) throw new Error("NEO4J_AUTH must have a password of at least 8 characters");
  return {
    password: password.join("/"),
    boltAddress: settings.get("server.bolt.advertised_address") ?? "localhost:7687",
  };
}
