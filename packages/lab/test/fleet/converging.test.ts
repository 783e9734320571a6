/** What the design document asks for, made by one command, looked at from outside. */
import { beforeAll, describe, expect, it } from "vitest";
import { planSchema } from "@berth/shared/operations/plan";
import { runInNamespace, tryInNamespace } from "../../src/network/namespace.ts";
import { convergedExample, exampleFile, type TestFleet } from "./fixture.ts";
import { containers } from "./guest.ts";

const tenants = ["user1", "user2", "user3"] as const;
const databaseServices = ["n8n", "flowise"];
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
      ["shared-postgres", null, "shared", "healthy"],
      ["shared-redis", null, "shared", "healthy"],
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

describe("the tenants' databases", () => {
  const databases = tenants.flatMap((tenant) => databaseServices.map((service) => `${tenant}_${service}`));

  it("belong each to a role of its own", async () => {
    const superuser = await connection("shared", "shared-postgres", "POSTGRES_PASSWORD", "postgres", "postgres");
    const { stdout } = await superuser.query(
      "select datname || ' ' || pg_get_userbyid(datdba) from pg_database where datname like 'user%' order by 1",
    );
    expect(stdout.trim().split("\n")).toEqual(databases.toSorted().map((name) => `${name} ${name}`));
  });

  it.each(databases)("%s lets its owner in, and every other database shuts it out", async (database) => {
    const [tenant = "", service = ""] = database.split("_");
    const variable = service === "n8n" ? "DB_POSTGRESDB_PASSWORD" : "DATABASE_PASSWORD";
    const own = await connection(tenant, `${tenant}-${service}`, variable, database, database);
    expect((await own.query("select current_user")).stdout.trim()).toBe(database);
    for (const foreign of [...databases.filter((name) => name !== database), "postgres", "template1"]) {
      const { exitCode, stderr } = await own.query("select 1", foreign);
      expect(exitCode, foreign).not.toBe(0);
      expect(stderr).toContain(`permission denied for database "${foreign}"`);
    }
  });

  /** psql from the lab's network, with the password that stands in a container's environment. */
  async function connection(node: string, container: string, variable: string, user: string, database: string) {
    const guest = await fleet.guest(node);
    const environment = await guest.run([
      "docker",
      "inspect",
      "--format",
      "{{range .Config.Env}}{{println .}}{{end}}",
      container,
    ]);
    const line = environment.split("\n").find((candidate) => candidate.startsWith(`${variable}=`));
    if (line === undefined) throw new Error(`${container} has no ${variable}`);
    const env = { PGPASSWORD: line.slice(variable.length + 1), PGCONNECT_TIMEOUT: "10" };
    return {
      query: (sql: string, other = database) =>
        tryInNamespace(
          fleet.lab.namespace,
          ["psql", "--host", addresses.shared, "--username", user, "--dbname", other, "-AtXc", sql],
          { env },
        ),
    };
  }
});

describe("a second apply", () => {
  it("plans nothing and touches nothing", async () => {
    const before = await everyContainer();
    const plan = await fleet.json(planSchema, ["apply", exampleFile, "--plan"]);
    expect(plan).toEqual({ operations: [], warnings: [] });
    expect(JSON.parse(await fleet.succeed(["apply", exampleFile, "--yes", "--json"]))).toMatchObject({ run: null });
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
