/** Makes in the throw-away stores what restores expect to find: a login and its database, collections, buckets. */
import type { DrillNeed } from "@berth/shared/operations/backup-drill";
import { queryDatabase, type DatabaseTools } from "../backup/database.ts";
import { openStore, storeError } from "../backup/object-store.ts";
import { createCollection } from "../backup/qdrant.ts";

export async function meetNeed(tools: DatabaseTools, need: DrillNeed, signal: AbortSignal): Promise<void> {
  switch (need.kind) {
    case "database":
      return makeDatabase(tools, need, signal);
    case "collections":
      for (const { name, vectorSize, distance } of need.collections) {
        const source = { ...need, name, collections: [name] };
        await createCollection(source, name, { vectors: { size: vectorSize, distance } }, signal);
      }
      return;
    case "buckets":
      return makeBuckets(need);
  }
}

type Need<K extends DrillNeed["kind"]> = Extract<DrillNeed, { kind: K }>;

async function makeDatabase(tools: DatabaseTools, need: Need<"database">, signal: AbortSignal): Promise<void> {
  const { image, host, port, superuser, superuserPassword, extensions } = need;
  const [user, database] = [identifier(need.user), identifier(need.database)];
  const script = [
    `CREATE ROLE ${user} LOGIN PASSWORD ${literal(need.password)};`,
    `CREATE DATABASE ${database} OWNER ${user} TEMPLATE template0;`,
    `\\connect ${database}`,
    ...extensions.map((extension) => `CREATE EXTENSION IF NOT EXISTS ${identifier(extension)};`),
  ];
  const admin = {
    kind: "database",
    name: need.database,
    image,
    host,
    port,
    database: "postgres",
    user: superuser,
    password: superuserPassword,
  } as const;
  await queryDatabase(tools, admin, signal, `${script.join("\n")}\n`);
}

async function makeBuckets(need: Need<"buckets">): Promise<void> {
  const source = { ...need, name: "buckets" };
  const client = await openStore(source);
  try {
    for (const bucket of need.buckets) await client.makeBucket(bucket);
  } catch (error) {
    throw storeError(error, source);
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
