import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { catalog } from "../catalog/index.ts";
import { parseFleet } from "./parse.ts";
import { formatProblem } from "./problem.ts";

const example = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");

function problemsOf(text: string): string[] {
  return parseFleet(text, "fleet.yaml", catalog).problems.map(formatProblem);
}

/** The example with one thing changed; fails when the example no longer has it. */
function changed(from: string, to: string): string {
  expect(example).toContain(from);
  return example.replace(from, to);
}

/** The line of the example that was changed. */
function lineOf(needle: string): number {
  return example.slice(0, example.indexOf(needle)).split("\n").length;
}

describe("the example", () => {
  test("is a valid fleet with the design document's nodes and specifications", () => {
    const { fleet } = parseFleet(example, "fleet.yaml", catalog);
    expect(fleet?.nodes["user1"]?.address).toBe("10.0.6.11");
    expect(fleet?.templates["shared"]).toMatchObject({ cores: 8, memory: 16 * 1024 ** 3, disk: 100 * 1024 ** 3 });
    expect(Object.keys(fleet?.tenants ?? {})).toEqual(["user1", "user2", "user3"]);
  });
});

describe("mistakes come back with their place and what would be right", () => {
  test.each([
    ["a typo in a key", "  user2: { address:", "  user2: { adress:", "unknown key 'adress'; did you mean 'address'?"],
    ["a size in the wrong unit", "memory: 16GiB", "memory: 16GB", "'16GB' must be a size such as 512MiB or 16GiB"],
    ["a value out of a list", "[nesting] }", "[nestin] }", "'nestin' is not allowed; did you mean 'nesting'?"],
    ["a wrong type", "cores: 2", "cores: two", "'two' is wrong: expected number, received string"],
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
  test.each([
    ["", "is empty"],
    ["a: [1", "Flow sequence"],
    ["a: 1\na: 2", "Map keys must be unique"],
    ["- a\n- b", "expected object, received array"],
    ["fleet: ".padEnd(1024 * 1024 + 2, "x"), "is larger than 1 MiB"],
  ])("%#", (text, message) => {
    expect(problemsOf(text).join("\n")).toContain(message);
  });

  test("a YAML bomb is refused quickly", () => {
    const levels = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (let level = 1; level < 9; level += 1) {
      const [name, inner] = ["abcdefghi"[level], "abcdefghi"[level - 1]];
      levels.push(`${name}: &${name} [${Array(9).fill(`*${inner}`).join(",")}]`);
    }
    expect(problemsOf(levels.join("\n"))).toEqual([
      "fleet.yaml:1:1: Excessive alias count indicates a resource exhaustion attack",
    ]);
  });
});
