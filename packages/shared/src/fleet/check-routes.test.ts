import { expect, test } from "vitest";
import { defineService } from "../catalog/schema.ts";
import { checkRoutes } from "./check-routes.ts";
import { fleetSchema } from "./schema.ts";
import { changed, example, formattedProblems, lineOf } from "./testing/example.ts";

const pattern = "pattern: test-{tenant}-{service}";

test("the example's routes have names of their own", () => {
  expect(formattedProblems(example)).toEqual([]);
});

test("a pattern without {tenant} is told once, where it is written", () => {
  expect(formattedProblems(changed(pattern, "pattern: test-{service}"))).toEqual([
    `fleet.yaml:${lineOf(pattern)}:12: routes.pattern: 'test-{service}' gives the same names to tenants 'user1' and 'user2'; it needs {tenant}`,
  ]);
});

test("a name longer than DNS takes", () => {
  const problems = formattedProblems(changed(pattern, `pattern: ${"long-".repeat(11)}{tenant}-{service}`));
  expect(problems[0]).toMatch(/'(long-){11}user1-openwebui\.valuechainhackers\.xyz', is longer than names in DNS/);
});

test("tenants and services whose names join to one", () => {
  const service = (name: string) =>
    defineService({
      ...{ name, title: name, description: name, scope: "tenant", image: name, version: "1", memory: "64MiB" },
      ...{ ports: [{ name: "http", container: 80, host: 80 }], route: { port: "http" } },
      health: { http: { port: 80, path: "/" } },
    });
  const fleet = fleetSchema.parse({
    fleet: "joined",
    domain: "example.org",
    controller: { address: "10.0.6.1" },
    nodes: { one: { address: "10.0.6.11" }, two: { address: "10.0.6.12" } },
    tenants: { "a-b": { node: "one" }, a: { node: "two" } },
    services: { tenant: { n8n: {}, "b-n8n": {} } },
  });
  const catalog = new Map(["n8n", "b-n8n"].map((name) => [name, service(name)]));
  expect(checkRoutes(fleet, catalog)).toEqual([
    {
      path: ["services", "tenant", "b-n8n"],
      message: "its route 'a-b-n8n.example.org' is that of 'a-b-n8n'",
      at: "key",
    },
  ]);
});

test("a service and its replicas have one route together", () => {
  const twoNodes = changed(
    "  user1: { address: 10.0.6.11",
    "  gpu2: { address: 10.0.6.77 }\n  user1: { address: 10.0.6.11",
  );
  expect(twoNodes).not.toBe(example);
  const replicated = twoNodes.replace("      node: shared\n", "      node: shared\n      replicas: [gpu2]\n");
  expect(replicated).toContain("replicas: [gpu2]");
  expect(formattedProblems(replicated)).toEqual([]);
});
