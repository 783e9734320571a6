/** What the design document asks for, made by one command, looked at from outside. */
import { beforeAll, describe, expect, it } from "vitest";
import { planSchema } from "@berth/shared/operations/plan";
import { runInNamespace } from "../../src/network/namespace.ts";
import { convergedExample, type TestFleet } from "./fixture.ts";
import { containers } from "./guest.ts";

const tenants = ["user1", "user2", "user3"] as const;
/** The design document's eight, and what Langfuse needs. */
const sharedServices = [
  "clickhouse",
  "langfuse",
  "minio",
  "neo4j",
  "ollama",
  "postgres",
  "qdrant",
  "redis",
  "searxng",
  "supabase",
];
const addresses = { shared: "10.0.6.10", user1: "10.0.6.11", user2: "10.0.6.12", user3: "10.0.6.13" };

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await convergedExample();
});

describe("the example's fleet", () => {
  it("has four nodes online, and healthy instances: shared ones and three of each tenant", async () => {
    const { nodes, instances } = await fleet.status();
    expect(Object.fromEntries(nodes.map(({ name, address, state }) => [name, [address, state]]))).toEqual(
      Object.fromEntries(Object.entries(addresses).map(([name, address]) => [name, [address, "online"]])),
    );
    const expected = [
      ...sharedServices.map((service) => [`shared-${service}`, null, "shared", "healthy"]),
      ...tenants.flatMap((tenant) =>
        ["flowise", "n8n", "openwebui"].map((service) => [`${tenant}-${service}`, tenant, tenant, "healthy"]),
      ),
    ];
    const rows = instances.map(({ name, tenant, node, state }) => [name, tenant, node, state]);
    expect(rows.toSorted(([one], [other]) => String(one).localeCompare(String(other)))).toEqual(expected);
  });

  it.each(tenants)("answers on %s's own address at the ports asked for", async (tenant) => {
    const address = addresses[tenant];
    for (const [port, path] of [
      [3000, "/health"],
      [5678, "/healthz/readiness"],
      [3001, "/api/v1/ping"],
    ] as const) {
      const url = `http://${address}:${port}${path}`;
      const code = ["--max-time", "10", "--write-out", "%{http_code}", "--output", "/dev/null"];
      expect(await runInNamespace(fleet.lab.namespace, ["curl", "--silent", ...code, url]), url).toBe("200");
    }
  });

  it("keeps what Proxmox VE was asked for: cores and memory of the templates", async () => {
    const nodes = new Map((await fleet.status()).nodes.map((node) => [node.name, node]));
    expect(nodes.get("shared")?.facts?.memoryBytes).toBe(16 * 1024 ** 3);
    expect(nodes.get("user1")?.facts?.memoryBytes).toBe(4 * 1024 ** 3);
  });
});

describe("the databases", () => {
  it("are those of the design document, each of a role of its own", async () => {
    const guest = await fleet.guest("shared");
    const sql =
      "select datname || ' ' || pg_get_userbyid(datdba) from pg_database where datname not in ('postgres', 'template0', 'template1') order by 1";
    const listing = await guest.run(["docker", "exec", "shared-postgres", "psql", "-U", "postgres", "-AtXc", sql]);
    const names = ["shared_langfuse", ...tenants.flatMap((tenant) => [`${tenant}_flowise`, `${tenant}_n8n`])];
    expect(listing.trim().split("\n")).toEqual(names.toSorted().map((name) => `${name} ${name}`));
  });
});

describe("a second apply", () => {
  it("plans nothing and touches nothing", async () => {
    const before = await everyContainer();
    const plan = await fleet.json(planSchema, ["apply", fleet.file, "--plan"]);
    expect(plan).toEqual({ operations: [], warnings: [] });
    expect(JSON.parse(await fleet.succeed(["apply", fleet.file, "--yes", "--json"]))).toMatchObject({ run: null });
    expect(await everyContainer()).toEqual(before);
  });

  /** Names, ids and the time of each start. */
  async function everyContainer(): Promise<unknown> {
    const found: unknown[] = [];
    for (const node of Object.keys(addresses)) {
      const guest = await fleet.guest(node);
      const ids = [...(await containers(guest)).values()];
      found.push(await guest.run(["docker", "inspect", "--format", "{{.Name}} {{.Id}} {{.State.StartedAt}}", ...ids]));
    }
    return found;
  }
});
