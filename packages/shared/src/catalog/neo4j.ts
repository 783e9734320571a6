import { defineService } from "./schema.ts";

export default defineService({
  name: "neo4j",
  title: "Neo4j",
  description: "Graph database; the Community edition holds a single database",
  website: "https://neo4j.com",
  scope: "shared",
  image: "docker.io/library/neo4j",
  // Long-term support until 2028. Of the monthly releases (2026.07.1) each is supported until the next, and what holds
  // one graph for all wants repairs without new behaviour. From 5.26 every later release can be reached directly.
  version: "5.26.29",
  ports: [
    { name: "http", container: 7474, host: 7474 },
    { name: "bolt", container: 7687, host: 7687 },
  ],
  env: {
    NEO4J_AUTH: "neo4j/${secret.password}",
    // The page at 7474 connects from the browser to where this says. Its route leads to the page only: bolt is no HTTP.
    NEO4J_server_bolt_advertised__address: "${node.address}:7687",
    NEO4J_server_memory_heap_initial__size: "512m",
    NEO4J_server_memory_heap_max__size: "768m",
    NEO4J_server_memory_pagecache_size: "512m",
    NEO4J_dbms_usage__report_enabled: "false",
  },
  secrets: { password: { length: 32, permanent: "it is read at the first start alone; change it in Neo4j itself" } },
  volumes: [
    { name: "data", path: "/data" },
    { name: "logs", path: "/logs" },
  ],
  memory: "2GiB",
  health: { http: { port: 7474, path: "/" }, startPeriodSeconds: 180 },
  // It writes what it holds in memory before it ends.
  stopTimeoutSeconds: 120,
  route: { port: "http" },
  backup: { method: "neo4j", stop: true, note: "The Community edition cannot be dumped while it runs" },
  upgrade: {
    oneWay: true,
    major: "From 4.x and older 5.x through 5.26 first, then to any 2025 or 2026 release",
    notes: "https://neo4j.com/docs/upgrade-migration-guide/current/",
  },
});
