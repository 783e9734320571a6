/**
 * How long five tenants take that are made at once, each on a ready LXC with its images, against shell scripts that make
 * the same containers on the same five LXCs at the same time. Open WebUI is the stand-in and starts in a moment; n8n is
 * the real one, with a database of its own on a server that all five share.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AttachedGuest } from "../containers/attach.ts";
import { ensureImages } from "../images/ensure-images.ts";
import { inspectWithFiles, quoted, renderDeployScript, type ContainerDetails } from "./deploy-script.ts";
import { runMilliseconds } from "./deploy.ts";
import { type Bench, type BenchFleet, seconds } from "./fleet.ts";
import { applyTenants, node, tenantNodes } from "./fleets.ts";
import { median, result, type BenchmarkResult } from "./result.ts";
import { removeWatched } from "./watched-containers.ts";

const count = 5;
const services = ["openwebui", "n8n"] as const;
const rounds = 2;
const scriptPath = "root/berth-bench-tenant.sh";

/** A tenant's node, and what Berth has made on it. */
interface Place {
  guest: AttachedGuest;
  containers: readonly ContainerDetails[];
}

export async function benchmarkTenants({ fleet: open, say }: Bench): Promise<BenchmarkResult[]> {
  const fleet = await open();
  await ensureImages({ references: ["n8nio/n8n:2.40.7"] });
  say(`tenants: ${count} LXCs, and the tenants on them for the first time, which pulls the images and does not count`);
  await applyTenants(fleet, { nodes: count, tenants: 0 });
  const shared = await fleet.guest(node.address);
  await removeWatched(shared);
  await applyTenants(fleet, { nodes: count, tenants: count });
  const berth: number[] = [];
  const docker: number[] = [];
  let places = await placesOf(fleet);
  for (let round = 1; round <= rounds; round += 1) {
    await clear(fleet, shared, places);
    berth.push(runMilliseconds(await applyTenants(fleet, { nodes: count, tenants: count })));
    places = await placesOf(fleet);
    docker.push(await byHand(shared, places));
    say(
      `tenants: round ${round} of ${rounds}, Berth ${seconds(berth.at(-1) ?? 0)}, docker run ${seconds(docker.at(-1) ?? 0)}`,
    );
  }
  await clear(fleet, shared, places);
  return [
    result({
      name: "tenants",
      value: median(berth) / median(docker),
      unit: "× docker run",
      goal: 1.1,
      better: "lower",
      detail: `${count} tenants at once, each with ${services.join(" and ")}: Berth ${seconds(median(berth))}, docker run on the same LXCs ${seconds(median(docker))}`,
    }),
  ];
}

/** The containers of this round: their passwords are new each time. */
async function placesOf(fleet: BenchFleet): Promise<Place[]> {
  return Promise.all(
    tenantNodes(count).map(async ({ name, address }) => {
      const guest = await fleet.guest(address);
      return { guest, containers: await inspectWithFiles(guest, instancesOf(name)) };
    }),
  );
}

function instancesOf(tenant: string): string[] {
  return services.map((service) => `${tenant}-${service}`);
}

/** Makes all of it again, from nothing: milliseconds until the last one is healthy. */
async function byHand(shared: AttachedGuest, places: readonly Place[]): Promise<number> {
  for (const { guest, containers } of places) {
    await removeContainers(guest, containers);
    await writeFile(join(guest.root, scriptPath), renderDeployScript(containers), { mode: 0o600 });
  }
  for (const database of databases()) {
    await psql(shared, `DROP DATABASE ${database} WITH (FORCE)`, `CREATE DATABASE ${database} OWNER ${database}`);
  }
  const begun = performance.now();
  await Promise.all(places.map(({ guest }) => guest.run(["sh", `/${scriptPath}`], { deadlineMs: 900_000 })));
  return performance.now() - begun;
}

function databases(): string[] {
  return tenantNodes(count).map(({ name }) => `${name}_n8n`);
}

async function psql(shared: AttachedGuest, ...statements: string[]): Promise<void> {
  const client = ["docker", "exec", "shared-postgres", "psql", "-U", "postgres", "-q"];
  const given = statements.flatMap((statement) => ["-c", statement]);
  await shared.run(["sh", "-c", quoted([...client, ...given])], { deadlineMs: 120_000 });
}

/** Takes the tenants from the fleet, and what Berth keeps of them: volumes and databases. */
async function clear(fleet: BenchFleet, shared: AttachedGuest, places: readonly Place[]): Promise<void> {
  await applyTenants(fleet, { nodes: count, tenants: 0 });
  for (const { guest, containers } of places) await removeContainers(guest, containers);
  for (const database of databases()) await psql(shared, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
}

async function removeContainers(guest: AttachedGuest, containers: readonly ContainerDetails[]): Promise<void> {
  const names = containers.map(({ name }) => name);
  const volumes = containers.flatMap(({ mounts }) => mounts.map(({ source }) => source));
  await guest.run(["docker", "rm", "--force", ...names], { deadlineMs: 120_000 });
  if (volumes.length > 0) await guest.run(["docker", "volume", "rm", "--force", ...volumes], { deadlineMs: 60_000 });
}
