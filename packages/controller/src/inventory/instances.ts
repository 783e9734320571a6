import type { Insertable, Selectable } from "kysely";
import * as z from "zod";
import {
  instanceStateSchema,
  observedInstanceSchema,
  type InstanceState,
  type ObservedInstance,
} from "@berth/shared/protocol/state";
import { check, decode, encode, now } from "./columns.ts";
import type { Queryable } from "./database.ts";
import type { InstancesTable } from "./tables/fleet.ts";

const portsSchema = z.array(z.int());
const driftSchema = z.array(z.string());
const containersSchema = observedInstanceSchema.shape.containers;

export interface DesiredInstance {
  name: string;
  service: string;
  version: string;
  node: string;
  tenant: string | null;
  /** Host ports. */
  ports: number[];
  /** Hash of its specification. */
  hash: string;
}

export interface InstanceRecord {
  name: string;
  service: string;
  version: string;
  node: string;
  tenant: string | null;
  ports: number[];
  /** null: the fleet file does not (or no longer) mention it. */
  desiredHash: string | null;
  state: InstanceState;
  observedHash: string | null;
  observedVersion: string | null;
  drift: string[];
  containers: ObservedInstance["containers"];
  observedAt: string | null;
}

/** An observation that says nothing new is written only this often. */
const refreshMilliseconds = 60_000;

export async function listInstances(database: Queryable, node?: string): Promise<InstanceRecord[]> {
  let query = database.selectFrom("instances").selectAll().orderBy("name");
  if (node !== undefined) query = query.where("node", "=", node);
  return (await query.execute()).map(toRecord);
}

export async function getInstance(database: Queryable, name: string): Promise<InstanceRecord | null> {
  const row = await database.selectFrom("instances").selectAll().where("name", "=", name).executeTakeFirst();
  return row === undefined ? null : toRecord(row);
}

/** Records what the instance should be. What is observed of it stays, unless it moves to another node. */
export async function putDesiredInstance(database: Queryable, instance: DesiredInstance): Promise<void> {
  const { hash, ports, ...rest } = instance;
  const desired = { ...rest, ports: encode(ports), desiredHash: hash };
  const known = await getInstance(database, instance.name);
  if (known === null || known.node !== instance.node) {
    await put(database, { ...unobserved, ...desired });
  } else {
    await database.updateTable("instances").set(desired).where("name", "=", instance.name).execute();
  }
}

/** The fleet file no longer mentions it: it is forgotten once no agent sees it any more. */
export async function clearDesiredInstance(database: Queryable, name: string): Promise<void> {
  await database.updateTable("instances").set({ desiredHash: null }).where("name", "=", name).execute();
  await database.deleteFrom("instances").where("name", "=", name).where("observedHash", "is", null).execute();
}

/** All that the agent of `node` sees. Writes what changed only; call it in a transaction. */
export async function recordObservation(
  database: Queryable,
  node: string,
  observed: readonly ObservedInstance[],
  at: string = now(),
): Promise<void> {
  const known = await listInstances(database, node);
  for (const instance of observed) await recordInstance(database, node, instance, at);
  const seen = new Set(observed.map((instance) => instance.instance));
  for (const instance of known) {
    if (!seen.has(instance.name)) await recordInstanceGone(database, node, instance.name, at);
  }
}

/** What the agent of `node` sees of one instance. A remnant on another node than the instance's own is passed over. */
export async function recordInstance(
  database: Queryable,
  node: string,
  observed: ObservedInstance,
  at: string = now(),
): Promise<void> {
  const row = await database
    .selectFrom("instances")
    .selectAll()
    .where("name", "=", observed.instance)
    .executeTakeFirst();
  const observation = {
    state: observed.state,
    observedHash: observed.hash,
    observedVersion: observed.version,
    drift: encode(observed.drift),
    containers: encode(observed.containers),
  };
  if (row === undefined) {
    const { instance: name, service, version, tenant } = observed;
    await put(database, { ...unobserved, name, service, version, tenant, node, ...observation, observedAt: at });
  } else if (row.node === node && isNews(row, observation, at)) {
    await database
      .updateTable("instances")
      .set({ ...observation, observedAt: at })
      .where("name", "=", row.name)
      .execute();
  }
}

/** The agent of `node` sees nothing of it: missing when the fleet wants it, forgotten otherwise. */
export async function recordInstanceGone(
  database: Queryable,
  node: string,
  name: string,
  at: string = now(),
): Promise<void> {
  await database
    .deleteFrom("instances")
    .where("name", "=", name)
    .where("node", "=", node)
    .where("desiredHash", "is", null)
    .execute();
  await database
    .updateTable("instances")
    .set({ state: "missing", observedHash: null, observedVersion: null, drift: "[]", containers: "[]", observedAt: at })
    .where("name", "=", name)
    .where("node", "=", node)
    .where("state", "!=", "missing")
    .execute();
}

const unobserved = {
  ports: "[]",
  desiredHash: null,
  state: "unknown",
  observedHash: null,
  observedVersion: null,
  drift: "[]",
  containers: "[]",
  observedAt: null,
} satisfies Partial<Insertable<InstancesTable>>;

async function put(database: Queryable, row: Insertable<InstancesTable>): Promise<void> {
  const { name: _, ...columns } = row;
  await database
    .insertInto("instances")
    .values(row)
    .onConflict((conflict) => conflict.column("name").doUpdateSet(columns))
    .execute();
}

type ObservedColumns = Pick<
  Selectable<InstancesTable>,
  "state" | "observedHash" | "observedVersion" | "drift" | "containers"
>;

function isNews(row: Selectable<InstancesTable>, observation: ObservedColumns, at: string): boolean {
  const changed =
    row.state !== observation.state ||
    row.observedHash !== observation.observedHash ||
    row.observedVersion !== observation.observedVersion ||
    row.drift !== observation.drift ||
    row.containers !== observation.containers;
  return changed || row.observedAt === null || Date.parse(at) - Date.parse(row.observedAt) > refreshMilliseconds;
}

function toRecord(row: Selectable<InstancesTable>): InstanceRecord {
  const what = `instance ${row.name}`;
  return {
    ...row,
    ports: decode(portsSchema, row.ports, what),
    state: check(instanceStateSchema, row.state, what),
    drift: decode(driftSchema, row.drift, what),
    containers: decode(containersSchema, row.containers, what),
  };
}
