/** Makes an instance's collections and admits its token to them; takes both away again. Idempotent, safe to interrupt. */
import { BerthError } from "@berth/shared/errors";
import { ownPrefix } from "@berth/shared/operations/collections-claims";
import type { CollectionsNeed } from "@berth/shared/operations/collections-ensure";
import type { QdrantClient } from "@qdrant/js-client-rest";
import { type QdrantServer, withQdrant } from "./qdrant-client.ts";
import { type CollectionNeed, collectionFacts, hasVectors, indexedFields, vectorDifference } from "./qdrant-observe.ts";
import { type Admitted, admitToken, admittedTokens, createUnlessThere, withdrawTokens } from "./qdrant-tokens.ts";

export interface CollectionsContext {
  server: QdrantServer;
  log: (line: string) => void;
}

/**
 * The token is admitted last: whoever has it finds everything there. A collection with vectors of another kind is made
 * anew if it is empty; with points in it, it is left as it is, and `store.failed` says so.
 */
export function ensureCollections(
  need: CollectionsNeed,
  { server, log }: CollectionsContext,
): Promise<{ created: string[] }> {
  return withQdrant(server, async (client) => {
    const created: string[] = [];
    for (const collection of need.collections) {
      if (await ensureCollection(client, need, collection, log)) created.push(collection.name);
    }
    await admitToken(client, need);
    return { created };
  });
}

/** Whether it had to be made. */
async function ensureCollection(
  client: QdrantClient,
  need: CollectionsNeed,
  collection: CollectionNeed,
  log: (line: string) => void,
): Promise<boolean> {
  const facts = await collectionFacts(client, collection.name);
  const isRight = facts !== undefined && hasVectors(collection, facts);
  if (facts !== undefined && !isRight) {
    log(`${vectorDifference(collection, facts)}: removing it if it is empty`);
    await removeEmpty(client, need, collection, vectorDifference(collection, facts));
  }
  if (!isRight) {
    log(`creating collection ${collection.name} for vectors of size ${collection.vectorSize} (${collection.distance})`);
    await createUnlessThere(client, collection.name, settingsOf(collection));
  }
  const present = new Set(isRight ? facts.indexedFields : []);
  for (const field of indexedFields(collection)) {
    if (!present.has(field)) await createIndex(client, collection, field);
  }
  return !isRight;
}

/** As Open WebUI makes its own: no graph over the points of all its users, but one for the points of each. */
function settingsOf({
  vectorSize,
  distance,
  partitionedBy,
}: CollectionNeed): Parameters<QdrantClient["createCollection"]>[1] {
  const vectors = { size: vectorSize, distance };
  return partitionedBy === undefined ? { vectors } : { vectors, hnsw_config: { m: 0, payload_m: 16 } };
}

async function createIndex(
  client: QdrantClient,
  { name, partitionedBy }: CollectionNeed,
  field: string,
): Promise<void> {
  await client.createPayloadIndex(name, {
    field_name: field,
    field_schema: field === partitionedBy ? { type: "keyword", is_tenant: true } : "keyword",
    wait: true,
  });
}

/** Counts once more when the instance is shut out: no point of it can come between the count and the removal. */
async function removeEmpty(
  client: QdrantClient,
  need: CollectionsNeed,
  { name }: CollectionNeed,
  difference: string,
): Promise<void> {
  await refuseIfFilled(client, name, difference);
  await withdrawTokens(client, need);
  try {
    await refuseIfFilled(client, name, difference);
    await client.deleteCollection(name);
  } catch (error) {
    await admitToken(client, need);
    throw error;
  }
}

async function refuseIfFilled(client: QdrantClient, name: string, difference: string): Promise<void> {
  const { count } = await client.count(name, { exact: true });
  if (count === 0) return;
  throw new BerthError("store.failed", `${difference}, and ${count} points: Berth does not remove those`, {
    hint: `Back up and delete collection '${name}' yourself, or set the vector size back`,
  });
}

/**
 * Shuts the instance out, then deletes its collections and others that begin with its own prefix, each with its
 * snapshots: Qdrant would keep those, for whoever has a collection of that name next. Nothing of other instances.
 */
export function removeCollections(
  need: CollectionsNeed,
  { server, log }: CollectionsContext,
): Promise<{ removed: string[] }> {
  return withQdrant(server, async (client) => {
    await withdrawTokens(client, need);
    const others = await admittedTokens(client);
    const { collections } = await client.getCollections();
    const removed = ownCollections(
      need,
      collections.map(({ name }) => name),
      others,
    );
    for (const name of removed) {
      log(`deleting collection ${name}`);
      for (const snapshot of await client.listSnapshots(name)) await client.deleteSnapshot(name, snapshot.name);
      await client.deleteCollection(name);
    }
    return { removed };
  });
}

/**
 * Pure: which of the server's collections are the instance's alone. A prefix is not enough: that of `user1-open` begins
 * the collections of `user1-open-webui`, too.
 */
function ownCollections(
  { instance, collections }: Pick<CollectionsNeed, "instance" | "collections">,
  existing: readonly string[],
  others: readonly Admitted[],
): string[] {
  const needed = new Set(collections.map(({ name }) => name));
  const prefix = ownPrefix(instance);
  const claims = others.filter((other) => other.instance !== instance);
  const isForeign = (name: string): boolean =>
    claims.some((other) => other.collections.includes(name) || isCloser(ownPrefix(other.instance), prefix, name));
  return existing.filter((name) => (needed.has(name) || name.startsWith(prefix)) && !isForeign(name)).toSorted();
}

/** Whether another prefix tells more of the name than the own one. */
function isCloser(other: string, own: string, name: string): boolean {
  return other.length > own.length && name.startsWith(other);
}
