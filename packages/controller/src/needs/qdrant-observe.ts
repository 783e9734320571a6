/** How instances' collections and tokens are, against what is needed. */
import type { CollectionsNeed } from "@berth/shared/operations/collections-ensure";
import type { QdrantClient, Schemas } from "@qdrant/js-client-rest";
import pLimit from "p-limit";
import type { ObservedNeed } from "../plan/observed.ts";
import { type QdrantServer, refusalStatus, withQdrant } from "./qdrant-client.ts";
import { type Admitted, admittedTokens } from "./qdrant-tokens.ts";

/** Of the requests that one observation has under way. */
const mostRequestsAtOnce = 8;

export type CollectionNeed = CollectionsNeed["collections"][number];

export interface VectorFacts {
  size: number;
  distance: string;
}

/** What a collection is made of, as far as a need speaks of it. */
export interface CollectionFacts {
  /** The unnamed vector first. Open WebUI adds others, named by their size, when its embedding model changes. */
  vectors: VectorFacts[];
  indexedFields: string[];
}

export interface ObserveCollectionsContext {
  server: QdrantServer;
}

/** By instance. All needs must be of this server. A failure of the server is `store.failed`. */
export function observeCollections(
  needs: readonly CollectionsNeed[],
  { server }: ObserveCollectionsContext,
): Promise<Map<string, ObservedNeed>> {
  return withQdrant(server, async (client) => {
    const limit = pLimit(mostRequestsAtOnce);
    const [admitted, ...facts] = await Promise.all([
      admittedTokens(client),
      ...needs.map((need) =>
        Promise.all(need.collections.map(({ name }) => limit(() => collectionFacts(client, name)))),
      ),
    ]);
    return new Map(needs.map((need, index) => [need.instance, compareNeed(need, facts[index] ?? [], admitted)]));
  });
}

/** undefined: there is no such collection. */
export async function collectionFacts(client: QdrantClient, name: string): Promise<CollectionFacts | undefined> {
  try {
    const { config, payload_schema: indexes } = await client.getCollection(name);
    return { vectors: vectorFacts(config.params.vectors), indexedFields: Object.keys(indexes) };
  } catch (error) {
    if (refusalStatus(error) === 404) return undefined;
    throw error;
  }
}

/** Qdrant tells of a single vector without a name by itself, and of several by their names: the unnamed one's is "". */
function vectorFacts(vectors: Schemas["VectorsConfig"] | undefined): VectorFacts[] {
  if (vectors === undefined) return [];
  if (isSingle(vectors)) return [{ size: vectors.size, distance: vectors.distance }];
  return Object.entries(vectors)
    .toSorted(([first], [second]) => first.localeCompare(second))
    .flatMap(([, params]) => (params === undefined ? [] : [{ size: params.size, distance: params.distance }]));
}

function isSingle(vectors: Schemas["VectorsConfig"]): vectors is Schemas["VectorParams"] {
  return typeof vectors["size"] === "number";
}

/** Pure: what was found, in the order of the need's collections, against the need. */
function compareNeed(
  need: CollectionsNeed,
  facts: readonly (CollectionFacts | undefined)[],
  admitted: readonly Admitted[],
): ObservedNeed {
  const differences = need.collections.flatMap((collection, index) => compareCollection(collection, facts[index]));
  const isAdmitted = admitted.some(({ token, instance }) => token === need.token && instance === need.instance);
  if (!isAdmitted) differences.push("its token is not admitted");
  return { exists: facts.some((found) => found !== undefined), differences };
}

/** Pure. As phrases; none: the collection is as needed. */
function compareCollection(need: CollectionNeed, facts: CollectionFacts | undefined): string[] {
  if (facts === undefined) return [`collection '${need.name}' is missing`];
  const differences = hasVectors(need, facts) ? [] : [vectorDifference(need, facts)];
  const missing = indexedFields(need).filter((field) => !facts.indexedFields.includes(field));
  return [...differences, ...missing.map((field) => `collection '${need.name}' has no index on '${field}'`)];
}

export function hasVectors({ vectorSize, distance }: CollectionNeed, { vectors }: CollectionFacts): boolean {
  return vectors.some((vector) => vector.size === vectorSize && vector.distance === distance);
}

/** In words that complete "collection 'x' has …". */
export function vectorDifference({ name, vectorSize, distance }: CollectionNeed, { vectors }: CollectionFacts): string {
  const [first] = vectors;
  if (first === undefined) return `collection '${name}' has no vectors, not such of size ${vectorSize}`;
  if (first.size !== vectorSize) return `collection '${name}' has vectors of size ${first.size}, not ${vectorSize}`;
  return `collection '${name}' compares vectors by ${first.distance}, not by ${distance}`;
}

/** Fields of the points' payload that are to be indexed. */
export function indexedFields({ partitionedBy, indexes = [] }: CollectionNeed): string[] {
  return partitionedBy === undefined ? indexes : [partitionedBy, ...indexes];
}
