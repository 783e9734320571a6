import { describe, expect, test } from "vitest";
import { catalog } from "../catalog/index.ts";
import { catalogOf } from "../catalog/merge.ts";
import type { Need } from "../catalog/schema.ts";
import { checkNames } from "./check-names.ts";
import { fleetSchema, type FleetInput } from "./schema.ts";
import { changed, formattedProblems, place } from "./testing/example.ts";

type OwnService = NonNullable<FleetInput["catalog"]>[string];

/** A service of tenants with these needs. */
function ownService(name: string, needs: Need[]): OwnService {
  const container = { image: "docker.io/example/own", version: "1", memory: "64MiB", health: { command: ["true"] } };
  return { name, title: name, description: "", scope: "tenant", ...container, needs };
}

/** What is wrong with a fleet of these tenants, each with a node of its own, and these services. */
function mistakes(tenants: readonly string[], services: readonly OwnService[]) {
  const fleet = fleetSchema.parse({
    fleet: "names",
    domain: "example.org",
    controller: { address: "10.0.6.1" },
    nodes: {
      shared: { address: "10.0.6.10" },
      ...Object.fromEntries(tenants.map((name, index) => [name, { address: `10.0.6.${20 + index}` }])),
    },
    tenants: Object.fromEntries(tenants.map((name) => [name, { node: name }])),
    services: {
      shared: { postgres: { node: "shared" }, qdrant: { node: "shared" }, minio: { node: "shared" } },
      tenant: Object.fromEntries(services.map(({ name }) => [name, null])),
    },
    catalog: Object.fromEntries(services.map((service) => [service.name, service])),
  });
  return checkNames(fleet, catalogOf(fleet, catalog)).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const buckets = (...names: string[]): Need[] => [{ kind: "buckets", buckets: names }];
const collections = (name: string): Need[] => [
  { kind: "collections", collections: [{ name, vectorSize: 4, distance: "Cosine" }] },
];

describe("a tenant's name", () => {
  test.each([
    ["shared", "stands for the shared services"],
    ["controller", "is what the controller's own backups are called"],
    ["berth", "is a name of Berth's own"],
    ["berth-routes", "is a name of Berth's own"],
    ["pg", "begins as names do that PostgreSQL keeps to itself"],
    ["pg-2", "begins as names do that PostgreSQL keeps to itself"],
  ])("%s is reserved", (name, reason) => {
    expect(formattedProblems(changed("  user3: { node: user3 }", `  ${name}: { node: user3 }`))).toContain(
      `${place("  user3: { node", 3)}: tenants.${name}: '${name}' ${reason}; choose another name`,
    );
  });

  test("is not an instance's: removing the one would take the other's secrets", () => {
    expect(formattedProblems(changed("  user3: { node: user3 }", "  user1-n8n: { node: user3 }"))).toEqual([
      `${place("  user3: { node", 3)}: tenants.user1-n8n: 'user1-n8n' is the name of an instance; choose another name`,
    ]);
  });

  test("may begin with another's", () => {
    for (const name of ["user1-n8n-2", "user1-x", "pgadmin", "berthold"]) {
      expect(formattedProblems(changed("  user3: { node: user3 }", `  ${name}: { node: user3 }`))).toEqual([]);
    }
  });
});

describe("a bucket", () => {
  test("that two tenants would have is refused, be it the one for backups", () => {
    expect(mistakes(["user1", "user1-a"], [ownService("files", buckets("a-backups"))])).toEqual([
      "services.tenant.files: its bucket 'user1-a-backups' is that of 'user1-a'",
    ]);
    expect(mistakes(["user1", "user1-a"], [ownService("files", buckets("a-docs", "docs"))])).toEqual([
      "services.tenant.files: its bucket 'user1-a-docs' is that of 'user1'",
    ]);
  });

  test("that two instances of one tenant have is theirs together", () => {
    expect(mistakes(["user1"], [ownService("one", buckets("docs")), ownService("two", buckets("docs"))])).toEqual([]);
  });

  test("has a name that S3 has room for", () => {
    const [tenant, bucket] = ["t".repeat(32), "b".repeat(31)];
    expect(mistakes([tenant], [ownService("files", buckets(bucket.slice(1)))])).toEqual([]);
    expect(mistakes([tenant], [ownService("files", buckets(bucket))])).toEqual([
      `services.tenant.files: its bucket '${tenant}-${bucket}' would have 64 characters, and S3 has room for 63`,
    ]);
  });
});

test("a collection that two instances would have is refused", () => {
  expect(mistakes(["user1"], [ownService("a", collections("b_x")), ownService("a-b", collections("x"))])).toEqual([
    "services.tenant.a-b: its collection 'user1_a_b_x' is that of 'user1-a'",
  ]);
});

test("a database has a name that PostgreSQL does not cut off, with the number of its login", () => {
  const service = (length: number) =>
    ownService("s".repeat(length), [{ kind: "database" as const, extensions: [], counts: {} }]);
  const tenant = "t".repeat(32);
  expect(mistakes([tenant], [service(24)])).toEqual([]);
  const name = "s".repeat(25);
  expect(mistakes([tenant], [service(25)])).toEqual([
    `services.tenant.${name}: its database '${tenant}_${name}' would have 58 characters, and PostgreSQL has room for 57`,
  ]);
});
