import { describe, expect, test } from "vitest";
import { catalog } from "../catalog/index.ts";
import { checkService } from "./check-service.ts";
import { checkCatalog } from "./check-catalog.ts";
import { parseFleet } from "./parse.ts";
import { formatProblem } from "./problem.ts";
import type { Fleet } from "./schema.ts";

const service = (name: string, rest = ""): string =>
  `  ${name}: { name: ${name}, title: T, description: "", scope: shared, image: docker.io/e/x, version: "1", memory: 64MiB, health: { command: [ok] }${rest} }\n`;

function problemsOf(used: string, own: string): string[] {
  const text = `fleet: test
domain: example.org
controller: { address: 10.0.6.1 }
nodes: { a: { address: 10.0.6.10 } }
services: { shared: { ${used} } }
catalog:
${own}`;
  return parseFleet(text, "fleet.yaml", catalog).problems.map(formatProblem);
}

describe("Berth's own services", () => {
  test.each([...catalog.values()])("$name would be a good own service", (candidate) => {
    expect(checkService(candidate)).toEqual([]);
  });

  test("refer to each other as own ones have to", () => {
    const everything: Pick<Fleet, "catalog"> = { catalog: Object.fromEntries(catalog) };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it looks at nothing but the catalog
    expect(checkCatalog(everything as Fleet, new Map())).toEqual([]);
  });
});

describe("own services under catalog:", () => {
  test("a good one", () => {
    expect(problemsOf("x: { node: a }", service("x"))).toEqual([]);
  });

  test("under another name than its own, and under one of Berth's", () => {
    expect(problemsOf("", service("x").replace("name: x", "name: y"))).toEqual([
      "fleet.yaml:7:14: catalog.x.name: 'y' must be 'x', the name that it stands under",
    ]);
    expect(problemsOf("", service("redis"))).toEqual([
      "fleet.yaml:7:18: catalog.redis.name: 'redis' is a service of Berth's own; choose another name",
    ]);
  });

  test("a part's container with the name of another instance", () => {
    const part = ", parts: [{ name: b, image: docker.io/e/y, version: '1', memory: 64MiB, health: { command: [ok] } }]";
    expect(problemsOf("x: { node: a }, x-b: { node: a }", service("x", part) + service("x-b"))).toEqual([
      "fleet.yaml:5:39: services.shared.x-b: container name 'shared-x-b' is taken by 'shared-x'",
    ]);
  });

  test("a need of itself, and of a service of tenants", () => {
    expect(problemsOf("", service("x", ", needs: [{ kind: service, service: x }]"))).toEqual([
      expect.stringMatching(/catalog\.x\.needs\.0\.service: 'x' is the service itself$/),
    ]);
    expect(problemsOf("", service("x", ", uses: [{ service: n8n }]"))).toEqual([
      expect.stringMatching(
        /catalog\.x\.uses\.0\.service: 'n8n' is a service of tenants; others can only reach shared ones$/,
      ),
    ]);
  });

  test("a use whose needs the fleet does not meet", () => {
    const uses = ", uses: [{ service: redis, needs: [{ kind: database }] }]";
    expect(problemsOf("x: { node: a }", service("x", uses))).toEqual([]);
    expect(problemsOf("x: { node: a }, redis: { node: a }", service("x", uses))).toEqual([
      "fleet.yaml:5:23: services.shared.x: 'x' needs 'postgres'; add it under services.shared",
    ]);
  });

  test("a host port that is the node's SSH server's, told where the service is placed", () => {
    const ports = ", ports: [{ name: ssh, container: 22, host: 22 }]";
    expect(problemsOf("x: { node: a }", service("x", ports))).toEqual([
      "fleet.yaml:5:26: services.shared.x: '22' is the port of the node's SSH server",
    ]);
  });
});
