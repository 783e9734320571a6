/** Everything that a tenant may leave a trace in, to compare before and after. */
import { join } from "node:path";
import { routeListSchema } from "@berth/shared/api/routes";
import { runInNamespace } from "../../src/network/namespace.ts";
import type { TestFleet } from "./fixture.ts";
import type { Guest } from "./guest.ts";

const sharedAddress = "10.0.6.10";

export async function everything(fleet: TestFleet): Promise<Record<string, unknown>> {
  const { nodes, instances } = await fleet.status();
  const shared = await fleet.guest("shared");
  const sql = (statement: string) =>
    shared.run(["docker", "exec", "shared-postgres", "psql", "-U", "postgres", "-AtXc", statement]);
  const { routes } = await fleet.json(routeListSchema, ["route", "list", "--untested"]);
  return {
    nodes: nodes.map(({ name, address, state, vmid }) => ({ name, address, state, vmid })),
    instances: instances.map(({ name, node, tenant, state, version }) => ({ name, node, tenant, state, version })),
    databases: (await sql("select datname from pg_database order by 1")).split("\n"),
    roles: (await sql("select rolname from pg_roles order by 1")).split("\n"),
    access: (await sql("select database, user_name, address from pg_hba_file_rules order by 1, 2, 3")).split("\n"),
    stores: JSON.parse(await listStores(fleet, shared)),
    routes: routes.map(({ host, state }) => ({ host, state })),
    firewalls: await Promise.all(nodes.map(async ({ name }) => firewallOf(await fleet.guest(name)))),
    secrets: JSON.parse(await fleet.succeed(["secret", "list", "--json"])).secrets.map(
      ({ name }: { name: string }) => name,
    ),
  };
}

async function listStores(fleet: TestFleet, shared: Guest): Promise<string> {
  return runOnStores(fleet, shared, "list-stores.ts", {});
}

/** Runs a program of this folder inside the lab's network, with what opens the shared stores and `request` on stdin. */
export async function runOnStores(
  fleet: TestFleet,
  shared: Guest,
  program: string,
  request: Readonly<Record<string, unknown>>,
): Promise<string> {
  const input = JSON.stringify({
    ...request,
    address: sharedAddress,
    qdrantKey: await variable(shared, "shared-qdrant", "QDRANT__SERVICE__API_KEY"),
    minioUser: await variable(shared, "shared-minio", "MINIO_ROOT_USER"),
    minioPassword: await variable(shared, "shared-minio", "MINIO_ROOT_PASSWORD"),
  });
  const argv = [process.execPath, join(import.meta.dirname, program)] as const;
  return runInNamespace(fleet.lab.namespace, argv, { input });
}

/** A variable of a container's environment. */
export async function variable(guest: Guest, container: string, name: string): Promise<string> {
  const template = "{{range .Config.Env}}{{println .}}{{end}}";
  const lines = (await guest.run(["docker", "inspect", "--format", template, container])).split("\n");
  const line = lines.find((candidate) => candidate.startsWith(`${name}=`));
  if (line === undefined) throw new Error(`${container} has no ${name}`);
  return line.slice(name.length + 1);
}

/** The rules, without the connections that are being counted at this moment. */
async function firewallOf(guest: Guest): Promise<string> {
  return guest.run(["nft", "--terse", "list", "table", "inet", "berth"]);
}
