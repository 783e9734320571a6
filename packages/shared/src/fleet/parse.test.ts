import { describe, expect, test } from "vitest";
import { catalog } from "../catalog/index.ts";
import { catalogOf } from "../catalog/merge.ts";
import { parseFleet, parseStoredFleet } from "./parse.ts";
import { changed, example, formattedProblems as problemsOf, lineOf } from "./testing/example.ts";

describe("the example", () => {
  test("is a valid fleet with the design document's nodes and specifications", () => {
    const { fleet } = parseFleet(example, "fleet.yaml", catalog);
    expect(fleet?.nodes["user1"]?.address).toBe("10.0.6.11");
    expect(fleet?.templates["shared"]).toMatchObject({ cores: 8, memory: 16 * 1024 ** 3, disk: 100 * 1024 ** 3 });
    expect(Object.keys(fleet?.tenants ?? {})).toEqual(["user1", "user2", "user3"]);
  });
});

describe("an own service whose name Berth has taken since", () => {
  const own = `${example}
catalog:
  grafana:
    name: grafana
    title: Dashboards
    description: The fleet's own
    scope: shared
    image: registry.example.org/grafana
    version: "1"
    memory: 64MiB
    health: { http: { port: 3000, path: / } }
`;

  test("is refused in a new text, and stays the fleet's in one that was stored", () => {
    expect(parseFleet(own, "fleet.yaml", catalog).problems).toMatchObject([
      { message: expect.stringContaining("'grafana' is a service of Berth's own; choose another name") },
    ]);
    const { fleet, problems } = parseStoredFleet(own, "fleet.yaml", catalog);
    expect(problems).toEqual([]);
    if (fleet === null) throw new Error("It was not parsed");
    expect(catalogOf(fleet, catalog).get("grafana")?.title).toBe("Dashboards");
    expect(catalogOf(fleet, catalogOf(fleet, catalog)).get("grafana")?.title).toBe("Dashboards");
  });
});

describe("mistakes come back with their place and what would be right", () => {
  test.each([
    ["a typo in a key", "  user2: { address:", "  user2: { adress:", "unknown key 'adress'; did you mean 'address'?"],
    ["a size in the wrong unit", "memory: 16GiB", "memory: 16GB", "'16GB' must be a size such as 512MiB or 16GiB"],
    ["a value out of a list", "[nesting] }", "[nestin] }", "'nestin' is not allowed; did you mean 'nesting'?"],
    ["a wrong type", "cores: 2", "cores: two", "'two' must be a number"],
    [
      "an address that is none",
      "address: 10.0.6.12",
      "address: 10.0.6.300",
      "'10.0.6.300' must be an IPv4 address such as 10.0.6.10",
    ],
    ["an address twice", "address: 10.0.6.12", "address: 10.0.6.11", "'10.0.6.11' is taken by node 'user1'"],
    ["an unknown service", "    n8n:", "    n8m:", "unknown service 'n8m'; did you mean 'n8n'?"],
    [
      "an unknown node",
      "user2: { node: user2 }",
      "user2: { node: user22 }",
      "no node is named 'user22'; did you mean 'user2'?",
    ],
    [
      "two tenants on a node",
      "user2: { node: user2 }",
      "user2: { node: user1 }",
      "'user1' is the node of tenant 'user1'; each tenant needs its own",
    ],
    [
      "a name with a quote",
      "  user2: { node: user2 }",
      "  'us\"er': { node: user2 }",
      "'us\"er' must be 1 to 32 of a-z, 0-9 and '-', start with a letter and not end with '-'",
    ],
    ["a path that climbs", "caFile: proxmox/ca.pem", "caFile: ../ca.pem", "'../ca.pem' must not contain '..'"],
    [
      "a reserved tenant name",
      "  user2: { node: user2 }",
      "  shared: { node: user2 }",
      "'shared' stands for the shared services; choose another name",
    ],
  ])("%s", (_, from, to, message) => {
    const text = changed(from, to);
    const problem = parseFleet(text, "fleet.yaml", catalog).problems.find((candidate) => candidate.message === message);
    expect(problem, problemsOf(text).join("\n")).toBeDefined();
    expect(problem?.line).toBe(lineOf(from));
  });

  test("a missing key is told at its parent", () => {
    expect(problemsOf(changed("domain: valuechainhackers.xyz\n", ""))).toContain(
      "fleet.yaml:3:1: domain: 'domain' is missing",
    );
  });

  test("a service without what it needs", () => {
    expect(problemsOf(changed("    postgres: { node: shared }\n", "")).join("\n")).toContain(
      "'n8n' needs 'postgres'; add it under services.shared",
    );
  });

  test("two instances on one port", () => {
    const text = changed(
      "user1: { node: user1 }",
      "user1: { node: user1, services: { openwebui: { hostPort: 5678 } } }",
    );
    expect(problemsOf(text).join("\n")).toContain("port 5678 on node 'user1' is taken by 'user1-openwebui'");
  });
});

describe("text that is no fleet", () => {
  test("a file over 1 MiB", () => {
    expect(problemsOf("fleet: ".padEnd(1024 * 1024 + 1, "x"))).toEqual(["fleet.yaml:1:1: is larger than 1 MiB"]);
  });

  test.each([
    ["", "1:1: is empty; `berth fleet schema` describes what belongs in it"],
    ["a: [1", "1:6: is not indented like what it belongs to, or a bracket above is not closed"],
    ["a: 1\na: 2", "2:1: 'a' stands above already; a key stands once in its map"],
    ["a: 1\n---\nb: 2", "2:1: the file must be one YAML document; take out this '---' and what follows it"],
    ["a:\n\tb: 1", "2:1: is indented with a tab; use spaces"],
    ["a: *x", "1:4: '*x' has no anchor '&x' before it"],
    ["a: &x [*x]", "1:8: '*x' is part of what it refers to"],
    ["- a\n- b", "1:1: must be a map of keys and values, not a list"],
    ["fleet", "1:1: 'fleet' must be a map of keys and values"],
    ["fleet: a\nx: \u001b[31m", "2:4: holds the control character U+001B; the file must be text in UTF-8"],
    ["f\u0000l\u0000", "1:2: holds the control character U+0000; the file must be text in UTF-8"],
  ])("%j", (text, problem) => {
    expect(problemsOf(text)).toEqual([`fleet.yaml:${problem}`]);
  });

  test("of mistakes on one line the first is told, the others follow from it", () => {
    expect(problemsOf("- a\nb: 1")).toEqual([
      "fleet.yaml:2:1: does not belong here; look for a bracket, quote or indentation that is wrong above",
    ]);
  });

  test("a YAML bomb is refused quickly", () => {
    const levels = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (let level = 1; level < 9; level += 1) {
      const [name, inner] = ["abcdefghi"[level], "abcdefghi"[level - 1]];
      levels.push(`${name}: &${name} [${Array(9).fill(`*${inner}`).join(",")}]`);
    }
    expect(problemsOf(levels.join("\n"))).toEqual(["fleet.yaml:1:1: refers to anchors (*name) more than 200 times"]);
  });
});
