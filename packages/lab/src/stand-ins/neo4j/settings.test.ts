import neo4j from "@berth/shared/catalog/neo4j";
import { describe, expect, it } from "vitest";
import { readNeo4jSettings } from "./settings.ts";

const given = { NEO4J_AUTH: "neo4j/a-long-password" };

describe("Neo4j's environment", () => {
  it("is understood as the catalog gives it", () => {
    const filled = Object.entries(neo4j.env).map(([name, text]) => [
      name,
      text.replaceAll(/\$\{[\w.]+\}/g, "10.0.6.10"),
    ]);
    expect(readNeo4jSettings(Object.fromEntries(filled))).toEqual({
      password: "10.0.6.10",
      boltAddress: "10.0.6.10:7687",
    });
  });

  it.each([
    [{}, "NEO4J_AUTH"],
    [{ NEO4J_AUTH: "neo4j/short" }, "8 characters"],
    [{ NEO4J_AUTH: "admin/a-long-password" }, "neo4j/"],
    // One underscore too few: server.memory.heap.max.size is no setting.
    [{ ...given, NEO4J_server_memory_heap_max_size: "768m" }, "server.memory.heap.max.size"],
    [{ ...given, NEO4J_server_memory_heap_max__size: "much" }, "server.memory.heap.max_size"],
  ])("is refused as %j, naming what is wrong", (variables, named) => {
    expect(() => readNeo4jSettings(variables)).toThrow(named);
  });
});
